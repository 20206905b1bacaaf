import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AzureBlobRunLog } from '../../src/log/azure-blob/azure-blob-run-log.js'
import { RedisRunLog } from '../../src/log/redis/redis-run-log.js'
import { SqliteRunLog } from '../../src/log/sqlite/sqlite-run-log.js'
import type { StoredEvent } from '../../src/run/events.js'
import type { RunLog } from '../../src/run/run-log.js'
import { startAzurite } from '../support/azurite.js'
import { hasRedisServer, startRedisServer } from '../support/redis-server.js'
import type { Processes } from './processes.js'
import type { Row } from './report.js'
import { median } from './statistics.js'
import { createToolTurn } from './tool-turn.js'

interface Store {
  readonly name: string
  readonly log: RunLog
  stop(): Promise<void>
}

/** What the run log costs in a turn with one tool round, for each store: every write that such a turn makes, one after the other. */
export async function measureStores(
  _processes: Processes,
  { turns }: { readonly turns: number },
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const open of [openSqlite, openRedis, openAzure]) {
    const store = await open()
    if (store === undefined) continue
    try {
      rows.push({
        measure: `run log of a turn with a tool, ${store.name}, p50`,
        unit: 'ms',
        ours: await measure(store.log, turns),
      })
    } finally {
      await store.log.close()
      await store.stop()
    }
  }
  return rows
}

async function measure(log: RunLog, turns: number): Promise<number> {
  const times: number[] = []
  for (let turn = 1; turn <= turns; turn++) {
    const startedAt = performance.now()
    await writeTurn(log, turn)
    times.push(performance.now() - startedAt)
  }
  return median(times.slice(turns / 5))
}

async function writeTurn(log: RunLog, turn: number): Promise<readonly StoredEvent[]> {
  const key = { agent: 'Bench', session: 'one', run: `run-${turn}` }
  const { request, writes } = createToolTurn(turn)
  await log.create(key, request)
  await log.runsAfter(key, turn - 1)
  let position = (await log.read(key)).length
  for (const events of writes) position = await log.append(key, position, events)
  return log.read(key)
}

async function openSqlite(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-log-'))
  const log = new SqliteRunLog({ path: join(folder, 'runs.db') })
  return { name: 'SQLite', log, stop: async () => rmSync(folder, { recursive: true }) }
}

async function openRedis(): Promise<Store | undefined> {
  if (!hasRedisServer()) return undefined
  const server = await startRedisServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  return { name: 'Redis', log: new RedisRunLog({ url: server.url }), stop: () => server.stop() }
}

async function openAzure(): Promise<Store> {
  const azurite = await startAzurite()
  const log = new AzureBlobRunLog({ connectionString: azurite.connectionString })
  return { name: 'Azure Blob (Azurite)', log, stop: () => azurite.stop() }
}
