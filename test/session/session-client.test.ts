import type { DurableClient } from 'durable-functions'
import { describe, expect, test } from 'vitest'
import { toTimestamp } from '../../src/core/clock.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEvent, StoredEvent } from '../../src/run/events.js'
import { isAsking, toOpenApprovals } from '../../src/run/waiting.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { SessionClient } from '../../src/session/client/session-client.js'
import { AgentState } from '../../src/session/state/agent-state.js'
import { asks, calls, completed, started } from '../run/event-samples.js'
import { createGate } from '../support/gate.js'
import { createSleepingClock, key } from './session-kit.js'

test('a run is begun at once, but counts as started only when it is on disk', async () => {
  const disk = createGate()
  const log = new MemoryRunLog()
  log.flush = () => disk.opened
  const signals: string[] = []
  const signalEntity = async (_: unknown, operation: string) => void signals.push(operation)
  const durable = { signalEntity } as unknown as DurableClient
  const told: string[] = []
  const start = startRun(new SessionClient(durable, log)).then(() => told.push('accepted'))
  await expect.poll(() => signals).toEqual(['run'])
  expect(told).toEqual([])
  disk.open()
  await start
  expect(told).toEqual(['accepted'])
})

test('a run is a new one once', async () => {
  const log = new MemoryRunLog()
  const sessions = new SessionClient({ signalEntity: async () => {} } as unknown as DurableClient, log)
  const run = { ...key, run: 'r' }
  const begin = () => sessions.begin(run, createRunRequest({ messages: [createTextMessage('user', 'Hi')] }))
  expect([await begin(), await begin()]).toEqual([true, false])
  await log.append(run, 1, [started(1), completed('Hello')])
  expect(await begin()).toBe(false)
})

test('what is wished of a run is filed before anybody is told of it', async () => {
  const log = new MemoryRunLog()
  const run = { ...key, run: 'r' }
  const filed: string[] = []
  const signalEntity = async () => {
    for (const { type } of await log.controls(run)) filed.push(type)
  }
  const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log)
  await sessions.begin(run, createRunRequest({ messages: [createTextMessage('user', 'Hi')] }), {
    wishes: [{ type: 'webhook', id: 'mine', wish: 'w' }],
  })
  expect(filed).toEqual(['webhook'])
})

test('a run that cannot be brought to disk is not acknowledged', async () => {
  const log = new MemoryRunLog()
  log.flush = () => Promise.reject(new Error('The disk is gone.'))
  const durable = { signalEntity: async () => {} } as unknown as DurableClient
  await expect(startRun(new SessionClient(durable, log))).rejects.toThrow('The disk is gone.')
})

test('a session that was deleted is gone, although its entity has only now stored what it did before', async () => {
  const log = new MemoryRunLog()
  const state = new AgentState()
  const readEntityState = async () => ({ entityExists: true, entityState: state.getState() })
  const durable = { signalEntity: async () => {}, readEntityState } as unknown as DurableClient
  const sessions = new SessionClient(durable, log)
  await startRun(sessions)
  state.change({ createdAt: (await log.session(key))?.createdAt })
  const page = { limit: 9, before: undefined }
  expect(await sessions.read(key, page)).toMatchObject({ messageCount: 1 })
  await log.deleteSession(key, Date.now() + 1)
  await expect(sessions.read(key, page)).rejects.toMatchObject({ code: 'not_found' })
})

test.each([
  ['user-123', 'user-123'],
  ['a b', 'a%20b'],
  ['%41', '%252541'],
])('the key of session %s is sent as %s', async (session, sent) => {
  const keys: string[] = []
  const signalEntity = async (id: { readonly key: string }) => void keys.push(id.key)
  const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, new MemoryRunLog())
  await sessions.entities.signal({ ...key, session }, 'run', {})
  expect(keys).toEqual([sent])
})

test('whoever waits for a run whose session is deleted is told that there will be no answer', async () => {
  const log = new MemoryRunLog()
  const durable = { signalEntity: async () => {} } as unknown as DurableClient
  const sessions = new SessionClient(durable, log)
  await startRun(sessions)
  const news = sessions.waitForNews({ ...key, run: 'r' }, new AbortController().signal)
  await log.deleteSession(key, Date.now() + 1)
  expect(await news).toMatchObject({
    type: 'run.cancelled',
    data: { reason: 'The session was deleted before the run had ended.', text: '' },
  })
})

test('a stream of a run whose session is deleted ends as that of one that was cancelled', async () => {
  const log = new MemoryRunLog()
  const durable = { signalEntity: async () => {} } as unknown as DurableClient
  const sessions = new SessionClient(durable, log)
  await startRun(sessions)
  const told: StoredEvent[] = []
  for await (const events of sessions.follow({ ...key, run: 'r' }, -1, new AbortController().signal)) {
    if (told.push(...events) === 1) await log.deleteSession(key, Date.now() + 1)
  }
  expect(told.map(({ id, type }) => [id, type])).toEqual([
    [0, 'run.accepted'],
    [1, 'run.cancelled'],
  ])
})

describe('a run that has yet to hear of a wish', () => {
  const run = { ...key, run: 'r' }

  async function park(...parked: readonly RunEvent[]) {
    const log = new MemoryRunLog()
    const sessions = new SessionClient({ signalEntity: async () => {} } as unknown as DurableClient, log)
    await startRun(sessions)
    await log.append(run, 1, [
      started(1),
      calls(0, 'c1', 'c2'),
      asks('r~1', 'c1'),
      asks('r~2', 'c2'),
      ...parked,
    ])
    return { log, sessions }
  }

  const approve = (approvalId: string) => ({ approvalId, decision: 'approve' }) as const
  const approved = (approvalId: string) => ({ type: 'decision', ...approve(approvalId) }) as const
  const waits: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }

  test.each([
    ['one decision', [approved('r~1')], ['r~2'], true],
    ['all decisions', [approved('r~1'), approved('r~2')], [], false],
    ['its cancellation', [{ type: 'cancel', reason: 'Enough.' }], [], false],
    ['a decision about something else', [approved('x~1')], ['r~1', 'r~2'], true],
  ] as const)('stands as if it had: %s', async (_name, wishes, open, isWaiting) => {
    const { log, sessions } = await park(waits)
    for (const wish of wishes) await log.control(run, wish)
    const state = await sessions.readStanding(run)
    expect(toOpenApprovals(state).map(({ approvalId }) => approvalId)).toEqual(open)
    expect(isAsking(state)).toBe(isWaiting)
  })

  test('is told to go on when nobody has answered it in time', async () => {
    const clock = createSleepingClock()
    const log = new MemoryRunLog({ clock })
    const signals: string[] = []
    const signalEntity = async (_: unknown, operation: string) => void signals.push(operation)
    const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log, { clock })
    await startRun(sessions)
    const asked = asks('r~1', 'c1')
    if (asked.type !== 'approval.requested') throw new Error('It asks.')
    const expiresAt = toTimestamp(clock.now() + 1000)
    const soon: RunEvent = { ...asked, data: { ...asked.data, expiresAt } }
    await log.append(run, 1, [started(1), calls(0, 'c1'), soon, waits])
    expect([isAsking(await sessions.readStanding(run)), signals]).toEqual([true, ['run']])
    clock.advanceTo(clock.now() + 1000)
    for (let asked = 0; asked < 3; asked += 1) {
      expect([isAsking(await sessions.readStanding(run)), signals]).toEqual([false, ['run', 'continue']])
    }
    clock.advanceTo(clock.now() + 10_000)
    await sessions.readStanding(run)
    expect(signals).toEqual(['run', 'continue', 'continue'])
  })

  test('is no news to who waits for it, until it has', async () => {
    const { log, sessions } = await park(waits)
    await sessions.decideAll(run, [approve('r~1'), approve('r~2')])
    const news = sessions.waitForNews(run, new AbortController().signal)
    await log.append(run, 6, [{ type: 'run.resumed', data: { reason: 'approval' } }, completed('Paid')])
    expect(await news).toMatchObject({ type: 'run.completed' })
  })
})

test('whoever stops waiting for a run is told nothing of it, nor when its log is closed', async () => {
  const durable = { signalEntity: async () => {} } as unknown as DurableClient
  const log = new MemoryRunLog()
  const sessions = new SessionClient(durable, log)
  await startRun(sessions)
  const run = { ...key, run: 'r' }
  expect(await sessions.waitForNews(run, AbortSignal.abort())).toBeUndefined()
  log.follow = async function* () {}
  expect(await sessions.waitForNews(run, new AbortController().signal)).toBeUndefined()
})

/** What the entity of a session has stored. */
function storeState(change: (state: AgentState) => void) {
  const state = new AgentState()
  change(state)
  return { entityExists: true, entityState: state.getState() }
}

const none = { entityExists: false }

test.each([
  [
    'reset',
    'another one came right after it',
    (now: number) => [storeState((state) => state.change({ resetBefore: now + 1 }))],
  ],
  ['reset', 'the session was deleted meanwhile', () => [none]],
  ['delete', 'there is none of the session any more', () => [storeState(() => {}), none]],
] as const)('a %s is done when %s', async (operation, _case, toAnswers) => {
  const clock = createSleepingClock()
  const answers = [...toAnswers(clock.now())]
  const readEntityState = async () => (answers.length > 1 ? answers.shift() : answers[0])
  const durable = { signalEntity: async () => {}, readEntityState } as unknown as DurableClient
  const sessions = new SessionClient(durable, new MemoryRunLog({ clock }), { clock })
  await expect(sessions[operation](key, 60_000)).resolves.toBeUndefined()
})

test('a deletion is done although another session of its name was begun at once', async () => {
  const clock = createSleepingClock()
  const log = new MemoryRunLog({ clock })
  const readEntityState = async () => storeState((state) => state.change({ turn: 1 }))
  const durable = { signalEntity: async () => {}, readEntityState } as unknown as DurableClient
  const sessions = new SessionClient(durable, log, { clock })
  await startRun(sessions)
  const remove = log.deleteSession.bind(log)
  log.deleteSession = async (...which) => {
    await remove(...which)
    clock.advanceTo(clock.now() + 10)
    await startRun(sessions)
  }
  await expect(sessions.delete(key, 60_000)).resolves.toBeUndefined()
})

test('a session is deleted although it was made by a clock that is ahead', async () => {
  const [ahead, clock] = [createSleepingClock(), createSleepingClock()]
  ahead.advanceTo(clock.now() + 60_000)
  const log = new MemoryRunLog({ clock: ahead })
  const durable = {
    signalEntity: async () => {},
    readEntityState: async () => none,
  } as unknown as DurableClient
  const sessions = new SessionClient(durable, log, { clock })
  await startRun(sessions)
  await sessions.delete(key, 60_000)
  expect(await log.session(key)).toBeUndefined()
})

test.each([false, true])(
  'a run that is needless ends before anybody works on it (begun already: %s)',
  async (isBegun) => {
    const log = new MemoryRunLog()
    const signals: string[] = []
    const signalEntity = async (_: unknown, operation: string) => void signals.push(operation)
    const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log)
    const run = { ...key, run: 'r' }
    const isNeedless = async () => {
      const started = { epoch: 1, attempt: 1, turn: 1 }
      if (isBegun) await log.append(run, 1, [{ type: 'run.started', data: started }])
      return true
    }
    await sessions.begin(run, createRunRequest({ messages: [createTextMessage('user', 'Hello')] }), {
      isNeedless,
    })
    expect((await log.read(run)).at(-1)?.type).toBe(isBegun ? 'run.started' : 'run.cancelled')
    expect((await log.controls(run)).map(({ type }) => type)).toEqual(isBegun ? ['cancel'] : [])
    expect(signals).toEqual(isBegun ? ['continue'] : [])
  },
)

function startRun(sessions: SessionClient): Promise<void> {
  const messages = [createTextMessage('user', 'Hello')]
  return sessions.start(
    { ...key, run: 'r' },
    createRunRequest({ messages, options: { enableToolCalls: true } }),
  )
}

test('a decision whose caller did not live to tell of it is told of by whoever looks at the run, once in a while', async () => {
  const clock = createSleepingClock()
  const log = new MemoryRunLog({ clock })
  const run = { ...key, run: 'r' }
  const signals: unknown[] = []
  const signalEntity = async (_: unknown, ...signal: readonly unknown[]) => void signals.push(signal)
  const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log, { clock })
  await log.create(run, createRunRequest({ messages: [createTextMessage('user', 'Hi')] }))
  const parked: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }
  await log.append(run, 1, [started(1), calls(0, 'c'), asks('r~1', 'c'), parked])
  expect(toOpenApprovals(await sessions.readStanding(run))).toHaveLength(1)
  expect(signals).toEqual([])
  const [{ approvalId } = { approvalId: '' }] = toOpenApprovals(await sessions.readStanding(run))
  await log.control(run, { type: 'decision', approvalId, decision: 'approve' })
  for (let look = 0; look < 3; look += 1)
    expect(toOpenApprovals(await sessions.readStanding(run))).toEqual([])
  expect(signals).toEqual([['continue', { correlationId: 'r' }]])
})

test('who has decided just now need not tell of it twice', async () => {
  const log = new MemoryRunLog()
  const run = { ...key, run: 'r' }
  const signals: unknown[] = []
  const signalEntity = async (_: unknown, operation: string) => void signals.push(operation)
  const sessions = new SessionClient({ signalEntity } as unknown as DurableClient, log)
  await log.create(run, createRunRequest({ messages: [createTextMessage('user', 'Hi')] }))
  const parked: RunEvent = { type: 'run.parked', data: { reason: 'approval' } }
  await log.append(run, 1, [started(1), calls(0, 'c'), asks('r~1', 'c'), parked])
  const [{ approvalId } = { approvalId: '' }] = toOpenApprovals(await sessions.readStanding(run))
  await sessions.decide(run, { approvalId, decision: 'approve' })
  await sessions.readStanding(run)
  expect(signals).toEqual(['decide'])
})
