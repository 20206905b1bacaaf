import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { InProcessMemoryStore } from '../../../src/agent/memory/in-process-memory-store.js'
import { SqliteMemoryStore } from '../../../src/agent/memory/sqlite-memory-store.js'
import { describeMemoryStore } from '../../contract/memory-store-contract.js'
import { createTempFolder } from '../../support/temp-folder.js'

describeMemoryStore('in the process', (clock) => new InProcessMemoryStore(clock))
describeMemoryStore('in SQLite', (clock) => new SqliteMemoryStore({ path: ':memory:', clock }))

test('a SQLite file outlives its process, and several may write it', async () => {
  const folder = createTempFolder()
  const path = join(folder, 'new', 'memories.db')
  const [first, second] = [new SqliteMemoryStore({ path }), new SqliteMemoryStore({ path })]
  await Promise.all([first.add('ann', { text: 'tea' }), second.add('ann', { text: 'cake' })])
  first.close()
  second.close()
  const third = new SqliteMemoryStore({ path })
  expect(await third.list('ann', 5)).toHaveLength(2)
  third.close()
})

test('a SQLite file that cannot be used is named', async () => {
  const folder = createTempFolder()
  const path = join(folder, 'memories.db')
  await writeFile(path, 'this is not a database, whatever its name says'.repeat(100))
  const open = () => new SqliteMemoryStore({ path })
  expect(open).toThrow(expect.objectContaining({ code: 'store_unavailable' }))
  expect(open).toThrow(/memories .*memories\.db cannot be opened: file is not a database/)
})
