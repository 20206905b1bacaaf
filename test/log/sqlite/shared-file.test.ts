import { join } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { SqliteRunLog } from '../../../src/log/sqlite/sqlite-run-log.js'
import type { RunRequest } from '../../../src/run/events.js'
import { accepted, answer, completed, started } from '../../run/event-samples.js'
import { createRandom } from '../../support/storm.js'
import { createTempFolder } from '../../support/temp-folder.js'

let path: string
let log: SqliteRunLog
/** Has the same file open, as another process would. */
let other: SqliteRunLog
beforeEach(() => {
  const folder = createTempFolder()
  path = join(folder, 'runs.db')
  const logs = [1, 2].map(() => new SqliteRunLog({ path, pollIntervalMs: 2 })) as [SqliteRunLog, SqliteRunLog]
  ;[log, other] = logs
  onTestFinished(async () => {
    await Promise.all(logs.map((one) => one.close()))
  })
})

const key = { agent: 'A', session: 's', run: 'r' }
const types = async (reader: SqliteRunLog) => (await reader.read(key)).map(({ type }) => type)

function request(text: string): RunRequest {
  const event = accepted(text)
  if (event.type !== 'run.accepted') throw new Error('not a request')
  return event.data
}

test('what this process has just written is not asked of the file again', async () => {
  await log.create(key, request('hello'))
  await log.append(key, 1, [started(1), answer(0, 'hi')])
  const all = vi.spyOn(StatementSync.prototype, 'all')
  onTestFinished(() => all.mockRestore())
  expect(await types(log)).toEqual(['run.accepted', 'run.started', 'step.completed'])
  expect(await log.read(key, 1)).toMatchObject([{ id: 2, type: 'step.completed' }])
  expect(await log.controls(key)).toEqual([])
  expect(all).not.toHaveBeenCalled()
})

test('one look at what others wrote does for all that is read at once, and is repeated later', async () => {
  await log.create(key, request('hello'))
  const get = vi.spyOn(StatementSync.prototype, 'get')
  onTestFinished(() => get.mockRestore())
  const readTwice = () => Promise.all([log.read(key), log.controls(key)])
  await nextTurn()
  await readTwice()
  await readTwice()
  expect(get).toHaveBeenCalledTimes(1)
  await nextTurn()
  await readTwice()
  expect(get).toHaveBeenCalledTimes(2)
})

test('what is read belongs to the reader', async () => {
  const asked = request('hello')
  await log.create(key, asked)
  Object.assign(asked, { digest: 'changed by the writer' })
  const [first] = await log.read(key)
  Object.assign(first?.data ?? {}, { digest: 'changed by a reader' })
  expect(await log.read(key)).toMatchObject([{ data: { digest: 'hello' } }])
})

test('another process goes on with a run: its events are read, and this one is fenced off', async () => {
  await log.create(key, request('hello'))
  await log.append(key, 1, [started(1)])
  await other.append(key, 2, [started(2)])
  await expect(log.append(key, 2, [answer(0, 'late')])).rejects.toMatchObject({ code: 'fenced' })
  expect(await types(log)).toEqual(['run.accepted', 'run.started', 'run.started'])
  await log.append(key, 3, [started(3)])
  await expect(other.append(key, 3, [answer(0, 'late')])).rejects.toMatchObject({ code: 'fenced' })
})

const deletions = {
  deleteSession: (by: SqliteRunLog) => by.deleteSession(key, Number.MAX_SAFE_INTEGER),
  deleteEndedRuns: (by: SqliteRunLog) =>
    by.deleteEndedRuns(key, { acceptedBefore: Number.MAX_SAFE_INTEGER, upToTurn: 1 }),
  deleteEndedBefore: (by: SqliteRunLog) => by.deleteEndedBefore(Number.MAX_SAFE_INTEGER, 10),
}

test.each(
  Object.entries(deletions).flatMap(([name, remove]) => [
    [`${name} by this process`, remove, () => log] as const,
    [`${name} by another process`, remove, () => other] as const,
  ]),
)('%s leaves nothing of a run', async (_name, remove, by) => {
  await log.create(key, request('hello'))
  await log.append(key, 1, [started(1), completed('hi')])
  await remove(by())
  expect(await log.read(key)).toEqual([])
  await expect(log.append(key, 3, [answer(0, 'late')])).rejects.toMatchObject({ code: 'fenced' })
  await expect(log.control(key, { type: 'cancel', reason: 'x' })).rejects.toMatchObject({ code: 'not_found' })
})

test('a follower is shown nothing of a run that another process has deleted', async () => {
  await log.create(key, request('hello'))
  await log.append(key, 1, [started(1), completed('hi')])
  await other.deleteSession(key, Number.MAX_SAFE_INTEGER)
  for await (const events of log.follow(key, -1, AbortSignal.timeout(5000))) expect(events).toEqual([])
})

test('a run that another process deleted and began anew is the new one', async () => {
  await log.create(key, request('first'))
  await other.deleteSession(key, Number.MAX_SAFE_INTEGER)
  await other.create(key, request('second'))
  expect(await log.read(key)).toMatchObject([{ data: { digest: 'second' } }])
  await log.append(key, 1, [started(1)])
  expect(await types(other)).toEqual(['run.accepted', 'run.started'])
})

test('a follower learns of what this process and others write, in order', async () => {
  await log.create(key, request('hello'))
  const seen: number[] = []
  const following = (async () => {
    for await (const events of log.follow(key, -1, AbortSignal.timeout(5000)))
      seen.push(...events.map(({ id }) => id))
  })()
  await log.append(key, 1, [started(1)])
  await other.append(key, 2, [started(2)])
  await log.append(key, 3, [answer(0, 'hi')])
  await other.append(key, 4, [completed('hi')])
  await following
  expect(seen).toEqual([0, 1, 2, 3, 4])
})

const twice = { digest: 'd', content: 'data:,x' }

test('a run whose creation failed is not there, alone in its commit or not', async () => {
  await expect(log.create(key, request('alone'), [twice, twice])).rejects.toMatchObject({
    code: 'store_unavailable',
  })
  expect(await log.read(key)).toEqual([])
  const [failed] = await Promise.allSettled([
    log.create(key, request('not alone'), [twice, twice]),
    log.create({ ...key, run: 'r2' }, request('fine')),
  ])
  expect(failed.status).toBe('rejected')
  expect(await log.read(key)).toEqual([])
  expect(await log.read({ ...key, run: 'r2' })).toHaveLength(1)
})

test.each([
  ['this process', () => log],
  ['another process', () => other],
] as const)('wishes filed by %s are found, before and after further events', async (_name, by) => {
  const cancel = { type: 'cancel', reason: 'enough' } as const
  await log.create(key, request('hello'))
  await by().control(key, cancel)
  expect(await log.controls(key)).toEqual([cancel])
  await log.append(key, 1, [started(1)])
  expect(await log.controls(key)).toEqual([cancel])
  expect(await log.read(key)).toHaveLength(2)
})

test('a wish filed by another process reaches who waits for it', async () => {
  await log.create(key, request('hello'))
  const stop = new AbortController()
  const watching = (async () => {
    for await (const controls of log.watchControls(key, stop.signal)) return controls.map(({ type }) => type)
    return []
  })()
  await other.control(key, { type: 'cancel', reason: 'enough' })
  expect(await watching).toEqual(['cancel'])
  stop.abort()
})

/** Makes SQLite fail at a statement, once. */
function failOnceAt(sql: string): void {
  const run = StatementSync.prototype.run
  const failing = vi.spyOn(StatementSync.prototype, 'run').mockImplementation(function (
    this: StatementSync,
    ...values: Parameters<typeof run>
  ) {
    if (this.sourceSQL !== sql) return run.apply(this, values)
    failing.mockRestore()
    throw new Error('input/output error')
  })
  onTestFinished(() => failing.mockRestore())
}

test('events whose commit failed are not there, and their place is free', async () => {
  await log.create(key, request('hello'))
  failOnceAt('COMMIT')
  await expect(log.append(key, 1, [started(1)])).rejects.toThrow('input/output error')
  expect(await types(log)).toEqual(['run.accepted'])
  expect(await log.append(key, 1, [started(2)])).toBe(2)
})

test('events that could not become part of a commit are not there, and the rest of it is', async () => {
  const second = { ...key, run: 'r2' }
  await Promise.all([log.create(key, request('one')), log.create(second, request('two'))])
  failOnceAt('RELEASE part')
  const appends = [log.append(key, 1, [started(1)]), log.append(second, 1, [started(1)])]
  const outcomes = await Promise.allSettled(appends)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  expect([await log.read(key), await log.read(second)].map(({ length }) => length)).toEqual([1, 2])
  expect(await log.append(key, 1, [started(2)])).toBe(2)
})

test('a wish that makes a parked run due is not undone by the next event', async () => {
  await log.create(key, request('hello'))
  await log.append(key, 1, [started(1), { type: 'run.parked', data: { reason: 'approval' } }])
  await log.control(key, { type: 'cancel', reason: 'enough' })
  await log.append(key, 3, [{ type: 'run.joined', data: { run: 'r0' } }])
  expect(await other.stalled({ before: 0, now: Date.now(), limit: 10 })).toEqual([key])
})

test.each([1, 2, 3, 4])(
  'two processes that do anything in any order see what the file holds (%i)',
  async (seed) => {
    const random = createRandom(seed)
    const chance = (below: number) => Math.floor(random() * below)
    const file = new DatabaseSync(path)
    onTestFinished(() => file.close())
    const wished = file.prepare(
      `SELECT count(*) AS count FROM controls JOIN runs ON runs.id = controls.run
     WHERE agent = ? AND session = ? AND runs.run = ?`,
    )
    const stored = file.prepare(
      `SELECT run_events.id & 0xffffff AS id FROM run_events JOIN runs ON runs.id = run_events.id >> 24
     WHERE agent = ? AND session = ? AND runs.run = ? ORDER BY run_events.id`,
    )
    for (let step = 0; step < 150; step += 1) {
      const one = { agent: 'A', session: `s${chance(2)}`, run: `r${chance(2)}` }
      const [writer, reader] = chance(2) === 0 ? [log, other] : [other, log]
      const ids = () => stored.all(one.agent, one.session, one.run).map(({ id }) => id)
      const end = ids().length
      const expected = chance(4) === 0 ? end + 1 : end
      const actions = [
        () => writer.create(one, request(`${step}`)),
        () => writer.append(one, expected, [started(step)]),
        () => writer.append(one, expected, [answer(step, 'a'), answer(step, 'b')]),
        () => writer.append(one, expected, [completed('hi')]),
        () => writer.control(one, { type: 'cancel', reason: 'x' }),
        () => writer.create(one, request('x'), [twice, twice]),
        () => chance(4) === 0 && writer.deleteSession(one, Number.MAX_SAFE_INTEGER),
      ]
      const outcome = await Promise.resolve(actions[chance(actions.length)]?.()).catch(({ code }) => code)
      // Nothing of one process reaches another before that one's event loop goes on.
      await nextTurn()
      if (expected > end) expect(typeof outcome).not.toBe('number')
      for (const looking of [reader, writer]) {
        const events = await looking.read(one)
        expect(events.map(({ id }) => id)).toEqual(ids())
        const { length } = await looking.controls(one)
        expect(length).toBe(wished.get(one.agent, one.session, one.run)?.count)
      }
    }
  },
)
