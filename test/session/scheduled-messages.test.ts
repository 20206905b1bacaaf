import { expect, test } from 'vitest'
import { createReminderTools } from '../../src/agent/tools/reminder-tools.js'
import { type Clock, systemClock } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import type { RunLog } from '../../src/run/run-log.js'
import { toScheduledRun } from '../../src/run/scheduled-run.js'
import { AllowanceGate } from '../../src/session/allowance/allowance-gate.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { ScheduledMessages } from '../../src/session/scheduled/scheduled-messages.js'
import { createToolSchedule } from '../../src/session/scheduled/tool-schedule.js'
import { sweep } from '../../src/session/watchdog/sweep.js'
import { ask, createDistantLog, createSession, createSleepingClock, key } from './session-kit.js'

const run = { ...key, run: 'r' }
const soon = '2099-01-01T00:00:00.000Z'
const late = '2099-06-01T00:00:00.000Z'

function createRequest(text: string, sendAt: string, owner?: string) {
  const messages = [createTextMessage('user', text)]
  return createRunRequest({ messages, owner, options: { enableToolCalls: true, sendAt } })
}

function createMessages(log: RunLog, durable: object, clock: Clock = systemClock) {
  return new ScheduledMessages({ durable: durable as never, log, maxInlineMediaBytes: 32_768, clock })
}

/** A session to which messages can be sent later, and the timers that were set for them. */
function createScheduled() {
  const clock = createSleepingClock()
  const session = createSession(({ messages }) => ({ text: `answers ${messages.length}` }), { clock })
  const timers: unknown[] = []
  const startNew = async (_name: string, { input }: { input: unknown }) => void timers.push(input)
  const scheduled = createMessages(session.log, { startNew }, clock)
  const schedule = (text: string, sendAt = soon, owner?: string) =>
    scheduled.schedule(run, sendAt, createRequest(text, sendAt, owner))
  const send = (sendAt = soon) => session.entity.operate('send', { correlationId: 'r', sendAt })
  return { ...session, clock, scheduled, timers, schedule, send }
}

async function readAsked(log: RunLog) {
  const [accepted] = await log.read(run)
  return accepted?.type === 'run.accepted' ? accepted.data.messages[0]?.contents : undefined
}

test('what is scheduled again is scheduled once, and becomes one run', async () => {
  const { log, entity, scheduled, timers, schedule, send } = createScheduled()
  await schedule('Later')
  await schedule('Later')
  expect(timers).toEqual([{ ...key, correlationId: 'r', sendAt: soon }])
  expect(await scheduled.list(key)).toEqual([{ correlationId: 'r', sendAt: soon, message: 'Later' }])
  await expect(schedule('Else')).rejects.toMatchObject({ code: 'idempotency_conflict' })
  await send()
  await send()
  expect(await readAsked(log)).toEqual([{ type: 'text', text: 'Later' }])
  expect((await log.read(run)).at(-1)).toMatchObject({ type: 'run.completed' })
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
  expect([await scheduled.read(run), await scheduled.list(key)]).toEqual([undefined, []])
  expect(await scheduled.takeBack(run)).toBeUndefined()
})

test('what is sent first is listed first', async () => {
  const { scheduled, schedule } = createScheduled()
  await schedule('Much later', late)
  await scheduled.schedule({ ...key, run: 'q' }, soon, createRequest('Later', soon))
  expect((await scheduled.list(key)).map(({ message }) => message)).toEqual(['Later', 'Much later'])
})

test('one that is long overdue gets another timer by whoever looks, once in a while', async () => {
  const { clock, scheduled, timers, schedule } = createScheduled()
  await schedule('Later')
  const look = async () => [await scheduled.read(run), await scheduled.list(key)]
  clock.advanceTo(Date.parse(soon) + 4 * 60_000)
  await look()
  expect(timers).toHaveLength(1)
  clock.advanceTo(Date.parse(soon) + 6 * 60_000)
  await look()
  await look()
  expect(timers).toEqual([timers[0], timers[0]])
  await scheduled.takeBack(run)
  clock.advanceTo(Date.parse(soon) + 60 * 60_000)
  await look()
  expect(timers).toHaveLength(2)
})

test('other messages do not wait for it', async () => {
  const { log, entity, schedule, send } = createScheduled()
  await schedule('Later')
  await ask(log, 'a', 'Now')
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.completed' })
  await send()
  expect(entity.stored?.data.conversationHistory).toHaveLength(4)
})

test('what was taken back is not sent, however often it is scheduled again', async () => {
  const { log, scheduled, timers, schedule, send } = createScheduled()
  await schedule('Later')
  expect(await scheduled.takeBack(run, 'No need.')).toMatchObject({
    outcome: { data: { reason: 'No need.' } },
  })
  expect(await scheduled.takeBack(run)).toMatchObject({ outcome: { data: { reason: 'No need.' } } })
  await schedule('Later')
  await send()
  expect(await log.read(run)).toEqual([])
  expect(timers).toHaveLength(1)
  expect(await scheduled.list(key)).toEqual([])
})

test('what is being sent cannot be taken back, and is listed until it is a run', async () => {
  const { log, scheduled, schedule, send } = createScheduled()
  await schedule('Later')
  await log.append(toScheduledRun(run), 1, [{ type: 'run.joined', data: { run: 'r' } }])
  await expect(scheduled.takeBack(run)).rejects.toMatchObject({ code: 'session_busy', retryable: true })
  expect(await scheduled.list(key)).toHaveLength(1)
  await send()
  expect((await log.read(run)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('a timer of a session that was deleted sends nothing to the one that was begun anew', async () => {
  const { log, schedule, send } = createScheduled()
  await schedule('Later')
  await log.deleteSession(key, Date.now() + 1000)
  await send()
  await schedule('Much later', late)
  await send(soon)
  expect(await log.read(run)).toEqual([])
  await send(late)
  expect(await readAsked(log)).toEqual([{ type: 'text', text: 'Much later' }])
})

test.each([
  ['and nothing of it is left', false],
  ['and what was said since stays', true],
])('a session that is deleted while a message is being sent is not begun anew, %s', async (_, isUsed) => {
  const { log, schedule, send } = createScheduled()
  await schedule('Later')
  const { create } = log
  log.create = async (...args) => {
    log.create = create
    await log.deleteSession(key, Date.now() + 1000)
    if (isUsed) await ask(log, 'a', 'Now')
    return create.apply(log, args)
  }
  await send()
  expect(await log.read(run)).toEqual([])
  expect((await log.session(key)) !== undefined).toBe(isUsed)
  expect(await log.read({ ...key, run: 'a' })).toHaveLength(isUsed ? 1 : 0)
})

test('a message whose name another run has taken says so', async () => {
  const { log, scheduled, schedule, send } = createScheduled()
  await schedule('Later')
  await ask(log, 'r', 'Now')
  await send()
  expect(await scheduled.read(run)).toMatchObject({
    outcome: { type: 'run.failed', data: { code: 'idempotency_conflict' } },
  })
  await send()
  expect(await readAsked(log)).toEqual([{ type: 'text', text: 'Now' }])
})

test("nobody can schedule anything in another one's session", async () => {
  const { schedule } = createScheduled()
  await schedule('Later', soon, 'ann')
  await expect(schedule('Later', soon, 'bob')).rejects.toMatchObject({ code: 'not_found' })
})

test('a store that fails for long has the message brought again', async () => {
  const { log, entity, schedule, send } = createScheduled()
  await schedule('Later')
  const { create } = log
  log.create = async () => {
    throw new AgentError('store_unavailable', 'The disk is full.', { retryable: false })
  }
  await send()
  log.create = create
  expect(entity.signals).toEqual([['send', { correlationId: 'r', sendAt: soon }]])
  await send()
  expect((await log.read(run)).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('a session that is to be sent something outlives its time', async () => {
  const { log, agent, schedule, send } = createScheduled()
  await schedule('Later')
  const expire = async () => {
    const now = Date.now() + 120_000
    const options = { log, agents: [agent], signal: async () => {}, stallMs: 60_000, maxAttempts: 3, now }
    return (await sweep({ ...options, sessionTtlMs: 60_000, runRetentionMs: undefined })).expired
  }
  expect(await expire()).toBe(0)
  await send()
  expect(await expire()).toBe(1)
})

test.each([{}, { correlationId: '' }, { correlationId: 'r' }, null])(
  'sending %o is refused',
  async (input) => {
    const { entity } = createScheduled()
    await entity.operate('send', input)
    expect(entity.logged).toEqual([expect.stringContaining("The send operation's input is not valid.")])
  },
)

/** A session whose model calls one tool and then says so. */
function createReminded(name: string, args: Record<string, unknown>) {
  const log = createDistantLog()
  const tools = createReminderTools()
  const script = ({ messages }: { messages: readonly { role: string }[] }) =>
    messages.at(-1)?.role === 'tool' ? { text: 'Done.' } : { calls: [{ name, arguments: args }] }
  const session = createSession(script as never, { log, tools: [...tools] })
  const say = async (id: string, options = {}) => {
    await ask(log, id, id, options)
    await session.entity.operate('run', { correlationId: id })
    const events = await log.read({ ...key, run: id })
    return events.find(({ type }) => type === 'tool.completed')?.data as { result?: never; error?: string }
  }
  return { ...session, say }
}

test('an agent reminds itself, lists that, and it can be undone', async () => {
  const { log, entity, say } = createReminded('set_reminder', { text: 'Ask how it went.', inMinutes: 90 })
  const { result } = await say('a')
  const { id, at } = result as unknown as { id: string; at: string }
  expect(Date.parse(at) - Date.now()).toBeGreaterThan(89 * 60_000)
  expect(Date.parse(at) - Date.now()).toBeLessThanOrEqual(90 * 60_000)
  const scheduled = createMessages(log, {})
  const listed = { correlationId: id, sendAt: at, message: 'It is time: Ask how it went.' }
  expect(await scheduled.list(key)).toEqual([listed])
  expect([...entity.started.values()]).toEqual([
    { name: 'dafx-schedule', input: { ...key, correlationId: id, sendAt: at } },
  ])
  await say('b', { undoes: { run: 'a' } })
  expect(await scheduled.list(key)).toEqual([])
})

test.each([
  [{ text: 'x' }, 'inMinutes'],
  [{ inMinutes: 1 }, 'text'],
  [{ text: 'x', inMinutes: -5 }, 'inMinutes'],
  [{ text: 'x', inMinutes: 1e9 }, 'sendAt must be a time within a year.'],
])('a model that asks for %o is told what is wrong', async (args, problem) => {
  const { entity, say } = createReminded('set_reminder', args)
  expect((await say('a')).error).toContain(problem)
  expect(entity.started.size).toBe(0)
})

test('a reminder that there is none of is not cancelled', async () => {
  const { say } = createReminded('cancel_reminder', { id: 'none' })
  expect((await say('a')).result).toBe('there is no such reminder')
})

/** What tool calls of a run schedule, all under the id `r`. */
function createCallSchedule(log: RunLog, spent = 0) {
  const timers: unknown[] = []
  const durable = {
    startNew: async (_name: string, { input }: { input: unknown }) => void timers.push(input),
    readEntityState: async () => ({ entityExists: true, entityState: { since: 0, tokens: spent } }),
  }
  const clock = { ...createClock() }
  const scheduled = createMessages(log, durable, clock)
  const allowance = new AllowanceGate(durable as never, { tokens: 10, everyMs: 1e15 }, clock)
  return {
    timers,
    tools: createToolSchedule({ scheduled, log, allowance, clock }, { ...key, run: 'a/call' }, () => 'r'),
  }
}

function createClock() {
  const unused = () => Promise.reject(new Error('unused'))
  return {
    now: () => Date.parse(soon) - 1000,
    sleep: unused,
    timeout: () => new AbortController().signal,
    after: () => () => {},
  }
}

test('a call that is executed again keeps the time of the first', async () => {
  const log = createDistantLog()
  await log.create({ ...key, run: 'a' }, createRequest('Remind me', soon, 'ann'))
  const { timers, tools } = createCallSchedule(log)
  expect(await tools.schedule('Later', new Date(soon))).toBe('r')
  expect(await tools.schedule('Later', new Date(late))).toBe('r')
  expect(timers).toHaveLength(1)
  expect(await tools.listScheduled()).toMatchObject([{ sendAt: soon }])
  expect((await log.read(toScheduledRun(run)))[0]).toMatchObject({ data: { owner: 'ann' } })
  expect(await tools.takeBack('r')).toBe(true)
  expect(await tools.takeBack('r')).toBe(true)
  expect(await tools.takeBack('none')).toBe(false)
})

test('an agent whose owner has spent everything cannot go on by reminding itself', async () => {
  const log = createDistantLog()
  await log.create({ ...key, run: 'a' }, createRequest('Remind me', soon, 'ann'))
  const { timers, tools } = createCallSchedule(log, 11)
  await expect(tools.schedule('Later', new Date(soon))).rejects.toMatchObject({ code: 'budget_exhausted' })
  expect(timers).toEqual([])
  await expect(tools.schedule('Later', new Date('never'))).rejects.toMatchObject({ code: 'invalid_request' })
})
