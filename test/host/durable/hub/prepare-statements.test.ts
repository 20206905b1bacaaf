import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../../../src/core/sqlite.js'
import { preparePatientReads } from '../../../../src/host/durable/hub/prepare-statements.js'
import { createTempFolder } from '../../../support/temp-folder.js'

/** Has a file for itself for a moment, as a process has the hub's that repairs it. */
const owner = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(workerData)
  database.exec("BEGIN EXCLUSIVE; UPDATE t SET v = 'repaired'")
  parentPort.postMessage('locked')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  database.exec('COMMIT')
  database.close()
`

async function openLocked() {
  const file = join(createTempFolder(), 'x.db')
  const database = openSqlite(file)
  onTestFinished(() => database.close())
  database.exec("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('damaged'); PRAGMA busy_timeout = 0")
  const worker = new Worker(owner, { eval: true, workerData: file })
  onTestFinished(async () => void (await worker.terminate()))
  await once(worker, 'message')
  return database
}

test.each(['get', 'all'] as const)('%s waits while the file is locked', async (method) => {
  const database = await openLocked()
  const reads = preparePatientReads(database, { value: 'SELECT v FROM t' })
  expect([reads.value[method]()].flat()).toEqual([{ v: 'repaired' }])
})

test('whoever writes after a read that had to wait does not', async () => {
  const database = await openLocked()
  preparePatientReads(database, { value: 'SELECT v FROM t' }).value.get()
  expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 0 })
})

test('any other failure is told at once', () => {
  const database = openSqlite(':memory:')
  const reads = preparePatientReads(database, { value: "SELECT json('{')" })
  expect(() => reads.value.get()).toThrow('malformed JSON')
  database.close()
})
