import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test, vi } from 'vitest'
import { WriteAheadLog } from '../../../src/core/write-ahead-log.js'
import { SqliteRunLog } from '../../../src/log/sqlite/sqlite-run-log.js'
import { accepted, answer, completed, started } from '../../run/event-samples.js'
import { createTempFolder } from '../../support/temp-folder.js'

const event = accepted('hello')
if (event.type !== 'run.accepted') throw new Error('An acceptance begins a run.')
const hello = event.data

let folder: string
beforeEach(() => {
  folder = createTempFolder()
})

test('refuses a file that is not a database, naming it and leaving it as it is', () => {
  const path = join(folder, 'runs.db')
  writeFileSync(path, 'this is not a database, whatever its name says'.repeat(100))
  expect(() => new SqliteRunLog({ path })).toThrow(/run log .*runs\.db cannot be opened: .*move it away/)
  expect(() => new SqliteRunLog({ path })).toThrow(expect.objectContaining({ code: 'store_unavailable' }))
})

test('refuses the file of a newer release', () => {
  const path = join(folder, 'runs.db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => new SqliteRunLog({ path })).toThrow(/run log .*runs\.db has schema version 99/)
})

/** Takes from a file what came after the version, and marks it with that. */
const toOlder = {
  1: `DROP TABLE attachments; DROP INDEX sessions_by_use; ${withoutVersion3()} PRAGMA user_version = 1`,
  2: `${withoutVersion3()} PRAGMA user_version = 2`,
  3: `${withoutVersion4()} PRAGMA user_version = 3`,
  '4, marked as 2 by a process of that release': 'PRAGMA user_version = 2',
  '4, marked as 3 by a process of that release': 'PRAGMA user_version = 3',
}

function withoutVersion3(): string {
  return `
    ${withoutVersion4()}
    DROP INDEX runs_ended;
    CREATE INDEX runs_by_turn ON runs (agent, session, status, turn);
    CREATE INDEX runs_to_see_to ON runs (status, updated_at) WHERE status <> 'ended';`
}

function withoutVersion4(): string {
  return `
    CREATE TABLE events (
      run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, id INTEGER NOT NULL,
      type TEXT NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (run, id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO events SELECT id >> 24, id & 0xffffff, type, data, at FROM run_events;
    DROP TRIGGER runs_deleted;
    DROP TABLE run_events;`
}

/** The definitions of all tables and indices. */
function readSchema(path: string): readonly unknown[] {
  const database = new DatabaseSync(path)
  const rows = database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
  database.close()
  return rows
}

test.each(Object.entries(toOlder))('lifts a file of version %s, and keeps what it holds', async (_, sql) => {
  const path = join(folder, 'runs.db')
  const key = { agent: 'A', session: 's', run: 'r' }
  const older = new SqliteRunLog({ path })
  for (const run of ['r', 'q']) {
    await older.create({ ...key, run }, hello)
    await older.append({ ...key, run }, 1, [started(1), answer(0, run)])
  }
  const kept = await older.read(key)
  await older.close()
  const schema = readSchema(path)
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
  const log = new SqliteRunLog({ path })
  const attachment = { digest: 'a'.repeat(64), content: 'data:,x' }
  await log.create({ ...key, run: 'r2' }, hello, [attachment])
  expect(await log.readAttachment({ ...key, run: 'r2' }, attachment.digest)).toBe('data:,x')
  expect(await log.read(key)).toEqual(kept)
  expect(await log.read({ ...key, run: 'q' }, 1)).toMatchObject([{ id: 2, ...answer(0, 'q') }])
  expect(await log.append(key, 3, [completed('x')])).toBe(4)
  await log.close()
  expect(readSchema(path)).toEqual(schema)
})

test('refuses a folder that is a file', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => new SqliteRunLog({ path: join(folder, 'file', 'runs.db') })).toThrow(/cannot be opened/)
})

test('what was acknowledged is there for the next process', async () => {
  const path = join(folder, 'runs.db')
  const key = { agent: 'A', session: 's', run: 'r' }
  const log = new SqliteRunLog({ path })
  await log.create(key, hello)
  const later = new SqliteRunLog({ path })
  expect(await later.read(key)).toMatchObject([{ type: 'run.accepted' }])
  await log.close()
  await later.close()
})

test('what is being written when the log is closed is written', async () => {
  const path = join(folder, 'runs.db')
  const key = { agent: 'A', session: 's', run: 'r' }
  const log = new SqliteRunLog({ path })
  const written = [key, { ...key, run: 'r2' }].map((one) => log.create(one, hello))
  await log.close()
  expect(await Promise.all(written)).toHaveLength(2)
  const later = new SqliteRunLog({ path })
  expect(await later.runsAfter(key, 0)).toHaveLength(2)
  await later.close()
})

test('a follower is told of what is written together with other things', async () => {
  const log = new SqliteRunLog({ path: join(folder, 'runs.db') })
  const key = { agent: 'A', session: 's', run: 'r' }
  const other = { ...key, run: 'r2' }
  await Promise.all([log.create(key, hello), log.create(other, hello)])
  const news = log.follow(key, 0, new AbortController().signal).next()
  await Promise.all([log.append(other, 1, [started(1)]), log.append(key, 1, [started(1)])])
  expect((await news).value).toMatchObject([{ id: 1, type: 'run.started' }])
  await log.close()
})

test('a run whose log is full does not write into the next one', async () => {
  const path = join(folder, 'runs.db')
  const key = { agent: 'A', session: 's', run: 'r' }
  const log = new SqliteRunLog({ path })
  await log.create(key, hello)
  await log.create({ ...key, run: 'r2' }, hello)
  await log.close()
  const database = new DatabaseSync(path)
  database.exec("UPDATE runs SET next = 16777215 WHERE run = 'r'")
  database.close()
  const full = new SqliteRunLog({ path })
  expect(await full.append(key, 16_777_215, [answer(0, 'last')])).toBe(16_777_216)
  await expect(full.append(key, 16_777_216, [answer(1, 'x')])).rejects.toThrow(/run r is full/)
  expect((await full.read(key)).map(({ id }) => id)).toEqual([0, 16_777_215])
  expect(await full.read({ ...key, run: 'r2' })).toMatchObject([{ id: 0, type: 'run.accepted' }])
  await full.close()
})

test('every event waits for the disk, but for an acceptance until it is asked for, and a beginning that would be written again as it is', async () => {
  const flush = vi.spyOn(WriteAheadLog.prototype, 'flush')
  const log = new SqliteRunLog({ path: join(folder, 'runs.db') })
  const key = { agent: 'A', session: 's', run: 'r' }
  await log.create(key, hello)
  expect(flush).not.toHaveBeenCalled()
  await log.flush()
  expect(flush).toHaveBeenCalledTimes(1)
  await log.append(key, 1, [{ type: 'run.started', data: { epoch: 1, attempt: 1, turn: 1 } }])
  expect(flush).toHaveBeenCalledTimes(1)
  await log.append(key, 2, [{ type: 'message.delta', data: { step: 0, text: 'Hi' } }])
  expect(flush).toHaveBeenCalledTimes(2)
  await log.close()
})

test('a store that can no longer be written says so and does not acknowledge', async () => {
  const path = join(folder, 'runs.db')
  const log = new SqliteRunLog({ path })
  await log.close()
  await expect(log.create({ agent: 'A', session: 's', run: 'r' }, hello)).rejects.toMatchObject({
    code: 'store_unavailable',
  })
})
