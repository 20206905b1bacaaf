import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { AgentError } from '../../../../src/core/errors.js'
import { openSqlite } from '../../../../src/core/sqlite.js'
import { WriteAheadLog } from '../../../../src/core/write-ahead-log.js'
import type { Message } from '../../../../src/host/durable/hub/hub-message.js'
import { TaskHub } from '../../../../src/host/durable/hub/task-hub.js'
import { openTaskHubDatabase } from '../../../../src/host/durable/hub/task-hub-schema.js'
import { createTempFolder } from '../../../support/temp-folder.js'

function open(dataDir: string): TaskHub {
  return TaskHub.open(dataDir, 'MyHub')
}

function catchError(work: () => unknown): AgentError {
  try {
    work()
  } catch (error) {
    if (error instanceof AgentError) return error
  }
  throw new Error('No AgentError was thrown.')
}

const message: Message = {
  id: 'guid',
  target: '@e@k',
  kind: 'entity',
  functionName: 'e',
  name: 'add',
  input: '"ä"',
  isSignal: true,
  sender: null,
}

test('the hub is one file, named after it, in a folder that is made', () => {
  const dataDir = join(createTempFolder(), 'deep', 'er')
  open(dataDir).close()
  expect(readFileSync(join(dataDir, 'MyHub.taskhub.db'), 'latin1')).toMatch(/^SQLite format 3/)
})

test('what was stored is there after opening again', async () => {
  const dataDir = createTempFolder()
  const first = open(dataDir)
  await first.run(() => {
    first.post(message, 5)
    first.entities.write('@e@k', { exists: true, state: '{"a":"ü"}' }, 7)
  })
  first.close()
  const second = open(dataDir)
  expect(second.entities.read('@e@k')).toEqual({ exists: true, state: '{"a":"ü"}' })
  expect(second.readWaiting('entity', ['e'], 5, 10)).toEqual(['@e@k'])
  expect(second.readBatch({ target: '@e@k', host: '', number: 0 }, 10, 5).messages).toEqual([
    { id: 'guid', name: 'add', input: '"ä"', isSignal: true, sender: null },
  ])
  second.close()
})

test('what is being stored when the hub is closed is stored', async () => {
  const dataDir = createTempFolder()
  const first = open(dataDir)
  const stored = [1, 2].map(() => first.run(() => first.post(message, 5), { lazy: true }))
  first.close()
  await Promise.all(stored)
  const second = open(dataDir)
  expect(second.readBatch({ target: '@e@k', host: '', number: 0 }, 10, 5).messages).toHaveLength(2)
  second.close()
})

test('a message waits for the disk, the end of a batch does not', async () => {
  const flush = vi.spyOn(WriteAheadLog.prototype, 'flush')
  const hub = open(createTempFolder())
  await hub.run(() => hub.post(message, 5))
  expect(flush).toHaveBeenCalledTimes(1)
  await hub.run(() => hub.post(message, 5), { lazy: true })
  expect(flush).toHaveBeenCalledTimes(1)
  hub.close()
})

test('SQLite itself waits neither for the disk nor for other processes, and readers do not wait for writers', () => {
  const database = openTaskHubDatabase(join(createTempFolder(), 'x.db'))
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  expect([pragma('synchronous'), pragma('journal_mode'), pragma('busy_timeout')]).toEqual([1, 'wal', 0])
  database.close()
})

test('a file of a newer version is refused by name and left as it is', () => {
  const dataDir = createTempFolder()
  open(dataDir).close()
  const file = join(dataDir, 'MyHub.taskhub.db')
  const database = openSqlite(file)
  database.exec('UPDATE task_hub SET schema_version = 99')
  database.close()
  const error = catchError(() => open(dataDir))
  expect(error.code).toBe('unsupported_state')
  expect(error.message).toContain(file)
  expect(error.message).toContain('99')
})

test('a file that is no database is refused by name', () => {
  const dataDir = createTempFolder()
  const file = join(dataDir, 'MyHub.taskhub.db')
  writeFileSync(file, 'this is a text, long enough to be taken for a header '.repeat(100))
  const error = catchError(() => open(dataDir))
  expect(error.code).toBe('store_unavailable')
  expect(error.message).toContain(file)
})

test('a database that is something else is refused by name', () => {
  const dataDir = createTempFolder()
  const file = join(dataDir, 'MyHub.taskhub.db')
  const database = openSqlite(file)
  database.exec('CREATE TABLE customers (name TEXT)')
  database.close()
  const error = catchError(() => open(dataDir))
  expect(error.code).toBe('unsupported_state')
  expect(error.message).toContain(file)
})

test('a folder that cannot be made or is in the way is refused by the name of the file', () => {
  const dataDir = createTempFolder()
  writeFileSync(join(dataDir, 'plain'), '')
  expect(catchError(() => open(join(dataDir, 'plain'))).message).toContain(join('plain', 'MyHub.taskhub.db'))
  mkdirSync(join(dataDir, 'MyHub.taskhub.db'))
  expect(catchError(() => open(dataDir)).code).toBe('store_unavailable')
})

test('a claim is held by exactly the host and number that took it', async () => {
  const hub = open(createTempFolder())
  const claim = { target: '@e@k', host: 'h', number: 1 }
  await hub.run(() => {
    expect(hub.post(message, 0, claim)).toBe(true)
    expect(hub.post(message, 0, { ...claim, number: 2 })).toBe(false)
    expect(hub.take({ ...claim, host: 'other' }, 0)).toBe(false)
    expect([claim, { ...claim, number: 2 }, { ...claim, host: 'x' }].map((each) => hub.isHeld(each))).toEqual(
      [true, false, false],
    )
    const batch = hub.readBatch(claim, 1, 0)
    hub.consume(batch)
    expect(hub.closeMailbox('@e@k')).toBe(false)
    hub.release('@e@k', 0)
    expect(hub.take({ ...claim, host: 'other' }, 0)).toBe(true)
    hub.consume(hub.readBatch(claim, 10, 0))
    expect(hub.closeMailbox('@e@k')).toBe(true)
    expect(hub.take(claim, 0)).toBe(false)
  })
  hub.close()
})

test('a host that shows life between the look and the removal is not removed', async () => {
  const hub = open(createTempFolder())
  const host = { id: 'h', pid: 1, machine: 'm', startMarker: null, expiresAt: 10 }
  await hub.run(() => {
    hub.hosts.add(host)
    hub.post(message, 0, { target: '@e@k', host: 'h', number: 1 })
    hub.hosts.extend('h', 20)
    expect(hub.hosts.remove(host, 15)).toBe(false)
    expect(hub.isHeld({ target: '@e@k', host: 'h', number: 1 })).toBe(true)
    expect(hub.hosts.remove({ ...host, expiresAt: 20 }, 25)).toBe(true)
    expect(hub.isHeld({ target: '@e@k', host: 'h', number: 1 })).toBe(false)
    expect(hub.hosts.extend('h', 30)).toBe(false)
  })
  hub.close()
})

test('only commits of others count as foreign changes', async () => {
  const dataDir = createTempFolder()
  const [mine, other] = [open(dataDir), open(dataDir)]
  mine.hasForeignChanges()
  await mine.run(() => mine.post(message, 0))
  expect(mine.hasForeignChanges()).toBe(false)
  await other.run(() => other.post(message, 0))
  expect(mine.hasForeignChanges()).toBe(true)
  expect(mine.hasForeignChanges()).toBe(false)
  mine.close()
  other.close()
})
