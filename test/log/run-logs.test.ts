import { join } from 'node:path'
import { afterAll } from 'vitest'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import { describeRunLog } from '../contract/run-log-contract.js'
import { compareWithMemory } from '../contract/run-log-model.js'
import { createTempFolder } from '../support/temp-folder.js'

const folder = createTempFolder(afterAll)

const memory = new MemoryRunLog()
const memories = [memory, memory]

describeRunLog('memory', async () => memories.pop() ?? new MemoryRunLog())
describeRunLog('SQLite', async () => new SqliteRunLog({ path: join(folder, 'new', 'runs.db') }))
compareWithMemory('SQLite', (clock) => new SqliteRunLog({ path: join(folder, 'runs.db'), clock }), 400)
