import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { inTransaction, openSqlite, toOpenProblem, useWriteAheadLog } from '../../src/core/sqlite.js'
import { createTempFolder } from '../support/temp-folder.js'

const folder = createTempFolder(afterAll)

/** Another thread has the file to itself, for a while or for good. */
const owner = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(workerData.file)
  database.exec('CREATE TABLE t (v); BEGIN EXCLUSIVE')
  parentPort.postMessage('locked')
  if (workerData.forMs) setTimeout(() => { database.exec('COMMIT'); database.close() }, workerData.forMs)
  else setInterval(() => {}, 1000)
`

async function lock(file: string, forMs: number | undefined): Promise<Worker> {
  const worker = new Worker(owner, { eval: true, workerData: { file, forMs } })
  await once(worker, 'message')
  return worker
}

test('a file that another process is opening is waited for', async () => {
  const file = join(folder, 'shared.db')
  const worker = await lock(file, 100)
  const database = openSqlite(file)
  useWriteAheadLog(database, 5000)
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
  await worker.terminate()
})

test('the wait has an end', async () => {
  const file = join(folder, 'kept.db')
  const worker = await lock(file, undefined)
  const database = openSqlite(file)
  expect(() => useWriteAheadLog(database, 30)).toThrow(/locked/)
  await worker.terminate()
})

test('a transaction that fails leaves nothing, and says why even if SQLite has undone it by itself', () => {
  const database = openSqlite(join(folder, 'full.db'))
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE texts (text TEXT); PRAGMA max_page_count = 5')
  const write = (text: string) => database.prepare('INSERT INTO texts VALUES (?)').run(text).changes
  const fail = (work: () => void) => () => inTransaction(database, work)
  expect(fail(() => write('x'.repeat(100_000)))).toThrow(/full/)
  expect(
    fail(() => {
      write('undone')
      throw new Error('changed its mind')
    }),
  ).toThrow('changed its mind')
  expect(inTransaction(database, () => write('kept'))).toBe(1)
  expect(database.prepare('SELECT text FROM texts').all()).toEqual([{ text: 'kept' }])
  database.close()
})

test('a Node without SQLite is told to be too old', () => {
  const load = process.getBuiltinModule
  process.getBuiltinModule = (() => undefined) as typeof load
  try {
    expect(() => openSqlite(':memory:')).toThrow(/Node \S+ has no SQLite.* Node 22\.13 or newer/)
  } finally {
    process.getBuiltinModule = load
  }
})

test('what a Node older than full-text search says is told as what to do', () => {
  const problem = toOpenProblem(new Error('no such module: fts5'))
  expect(problem).toBe(
    `Node ${process.versions.node} has no full-text search; run this with Node 22.16 or newer.`,
  )
})
