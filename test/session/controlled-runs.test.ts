import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tool } from '../../src/agent/tools/tool.js'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import { fold } from '../../src/run/fold.js'
import type { RunLog } from '../../src/run/run-log.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { VirtualClock } from '../../src/testing/engine/virtual-clock.js'
import type { ModelScript } from '../../src/testing/scripted-model.js'
import { calls, started, toolStarted } from '../run/event-samples.js'
import { createGate } from '../support/gate.js'
import { ask, callWork, createSession, createSleepingClock, createTool, key, pass } from './session-kit.js'

const run = { ...key, run: 'a' }
const never = () => new Promise<never>(() => {})
const done: ModelScript = [callWork(1), { text: 'done' }]

async function typesOf(log: RunLog, name = 'a') {
  return (await log.read({ ...key, run: name })).map(({ type }) => type)
}

async function approvals(log: RunLog, name = 'a') {
  return toOpenApprovals(fold(await log.read({ ...key, run: name })))
}

async function decide(log: RunLog, decision: 'approve' | 'reject', more: object = {}) {
  const [approval] = await approvals(log)
  const record = { type: 'decision', approvalId: approval?.approvalId ?? '', decision, ...more } as const
  return log.control(run, record)
}

async function lastOf(log: RunLog, name = 'a') {
  return (await log.read({ ...key, run: name })).at(-1)
}

test('a tool that needs approval parks the run, with everything stored and nothing run', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(executions).toEqual([])
  expect(await typesOf(log)).toEqual([
    'run.accepted',
    'run.started',
    'step.completed',
    'approval.requested',
    'run.parked',
  ])
  expect(await approvals(log)).toMatchObject([
    { name: 'work', arguments: { n: 1 }, reason: 'policy', callId: 'call-1' },
  ])
  await entity.operate('run', { correlationId: 'a' })
  expect(await typesOf(log)).toHaveLength(5)
})

test('an approved call runs once, and the run goes on in the same turn', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity, client } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await decide(log, 'approve', { by: 'ann' })).toBe(true)
  await entity.operate('decide', { correlationId: 'a' })
  client.assertDone()
  expect(executions).toMatchObject([{ n: 1, attempt: 1 }])
  expect(await lastOf(log)).toMatchObject({ type: 'run.completed', data: { response: 'done' } })
  expect(await log.read(run)).toContainEqual(
    expect.objectContaining({
      type: 'approval.decided',
      data: expect.objectContaining({ decision: 'approve', by: 'ann' }),
    }),
  )
  const started = (await log.read(run)).filter((event) => event.type === 'run.started')
  expect(started.map(({ data }) => [data.epoch, data.attempt])).toEqual([
    [1, 1],
    [2, 1],
  ])
})

test('arguments that the human edited are used, and are what the model sees of its call', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity, client } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await decide(log, 'approve', { arguments: { n: 5 } })
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual([5])
  expect(client.requests[1]?.messages.at(-2)?.contents).toMatchObject([
    { type: 'functionCall', callId: 'call-1', arguments: { n: 5 } },
  ])
})

test('a rejected call does not run, and the model is told why', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity, client } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await decide(log, 'reject', { reason: 'too expensive' })
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toEqual([])
  expect(client.requests[1]?.messages.at(-1)?.contents).toEqual([
    { type: 'functionResult', callId: 'call-1', error: 'A human rejected this call: too expensive.' },
  ])
})

test('an approval is single-use: the second decision has no effect', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await decide(log, 'reject')).toBe(true)
  expect(await decide(log, 'approve')).toBe(false)
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toEqual([])
})

test('parallel calls each get an approval of their own; what needs none runs meanwhile', async () => {
  const { made, executions } = createTool({ approval: ({ n }) => n > 1 })
  const { log, entity } = createSession([callWork(1, 2, 3), { text: 'done' }], { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual([1])
  expect((await approvals(log)).map(({ callId }) => callId)).toEqual(['call-2', 'call-3'])
  await decide(log, 'approve')
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual([1, 2])
  await decide(log, 'approve')
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual([1, 2, 3])
  expect(await lastOf(log)).toMatchObject({ type: 'run.completed' })
})

test('an approval policy that throws asks', async () => {
  const { made } = createTool({
    approval: () => {
      throw new Error('policy server is down')
    },
  })
  const { log, entity } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await approvals(log)).toHaveLength(1)
})

test('a run whose approval policy never answers can be cancelled', async () => {
  const log = new MemoryRunLog()
  const { made, executions } = createTool({
    approval: async () => {
      await log.control(run, { type: 'cancel', reason: 'enough' })
      return new Promise(() => {})
    },
  })
  const { entity } = createSession(done, { log, tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
  expect(executions).toEqual([])
})

test('an approval that nobody decides in time counts as rejected', async () => {
  const { made, executions } = createTool({ approval: 'always', approvalTimeoutMs: 3_600_000 })
  const { log, entity, client } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await log.stalled({ before: 0, now: Date.now(), limit: 9 })).toEqual([])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_001 })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  expect(await log.stalled({ before: 0, now: Date.now(), limit: 9 })).toEqual([run])
  await entity.operate('continue', { correlationId: 'a' })
  expect(executions).toEqual([])
  expect(JSON.stringify(client.requests[1]?.messages.at(-1))).toContain('nobody decided in time')
})

test('messages that come while a run waits are answered after it', async () => {
  const { made } = createTool({ approval: 'always' })
  const { log, entity } = createSession([callWork(1), { text: 'done' }, { text: 'second' }], {
    tools: [made],
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  expect(await typesOf(log, 'b')).toEqual(['run.accepted'])
  await decide(log, 'approve')
  await entity.operate('decide', { correlationId: 'a' })
  expect(entity.signals).toEqual([['continue', { correlationId: 'b' }]])
  await entity.operate('continue', { correlationId: 'b' })
  expect(await lastOf(log, 'b')).toMatchObject({ data: { response: 'second', message_count: 2 } })
})

test('messages that came while a run stood still are gone on with when it was ended from outside', async () => {
  const { made } = createTool({ approval: 'always' })
  const { log, entity } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  await log.append(run, 5, [{ type: 'run.cancelled', data: { reason: 'given up', text: '' } }])
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.signals).toEqual([['continue', { correlationId: 'b' }]])
})

test('a call that was cut off asks a human whether to run it again', async () => {
  const { made, executions } = createTool()
  const first = createSession(done, { tools: [made] })
  await ask(first.log, 'a')
  await first.entity.operate('run', { correlationId: 'a' })
  const events = await first.log.read(run)
  const cut = events.findIndex(({ type }) => type === 'tool.completed')
  const log = new MemoryRunLog()
  await ask(log, 'a')
  await log.append(run, 1, events.slice(1, cut))
  executions.length = 0
  const { entity, client } = createSession([{ text: 'done' }], { log, tools: [made] })
  await entity.operate('run', { correlationId: 'a' })
  expect(await approvals(log)).toMatchObject([{ reason: 'unknown_outcome', callId: 'call-1' }])
  expect(executions).toEqual([])
  await decide(log, 'approve')
  await entity.operate('decide', { correlationId: 'a' })
  expect(executions).toMatchObject([{ attempt: 2 }])
  client.assertDone()
})

test.each([
  ['done', { outcome: 'done', result: { id: 7 } }, [], { result: { id: 7 } }],
  ['not done', { outcome: 'not_done' }, [1], { result: 10 }],
] as const)('a tool that reconciles a cut-off call as %s', async (_name, reconciliation, runs, result) => {
  const { made, executions } = createTool({ reconcile: () => reconciliation })
  const log = new MemoryRunLog()
  const first = createSession(done, { tools: [made] })
  await ask(first.log, 'a')
  await first.entity.operate('run', { correlationId: 'a' })
  const events = await first.log.read(run)
  await ask(log, 'a')
  await log.append(
    run,
    1,
    events.slice(
      1,
      events.findIndex(({ type }) => type === 'tool.completed'),
    ),
  )
  executions.length = 0
  const { entity, client } = createSession([{ text: 'done' }], { log, tools: [made] })
  await entity.operate('run', { correlationId: 'a' })
  expect(executions.map(({ n }) => n)).toEqual(runs)
  expect(client.requests[0]?.messages.at(-1)?.contents).toMatchObject([result])
})

test.each([
  [() => Promise.reject(new Error('no route to host')), 'no route to host'],
  [() => undefined as never, 'outcome of what reconcile of tool "tool" gives must be one of'],
  [() => ({ outcome: 'Done', result: 1 }) as never, 'not "Done"'],
  [() => ({ outcome: 'done', result: 1n }) as const, 'BigInt'],
])(
  'of a call that was cut off a human is asked when its tool cannot find out what became of it (%#)',
  async (reconcile, logged) => {
    const made = tool({ name: 'tool', description: '', reconcile, execute: () => 'done again' })
    const { log, entity } = createSession([], { tools: [made] })
    await ask(log, 'a')
    const step = [calls(0, 'call-1'), toolStarted('call-1')]
    await log.append(run, 1, [started(1), ...step])
    await entity.operate('run', { correlationId: 'a' })
    expect(await approvals(log)).toMatchObject([{ reason: 'unknown_outcome', callId: 'call-1' }])
    expect(entity.logged.join()).toContain(logged)
  },
)

test('cancel stops a model call in flight, and keeps what it has said', async () => {
  const log = new MemoryRunLog()
  const { entity, client } = createSession([], { log })
  client.stream = async function* (_request, { signal } = {}) {
    yield { type: 'text', text: 'Half an ans' }
    await log.control(run, { type: 'cancel', reason: 'enough' })
    await new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  }
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({
    type: 'run.cancelled',
    data: { reason: 'enough', text: 'Half an ans' },
  })
  const stored = entity.stored?.data.conversationHistory.at(-1)
  expect(stored).toMatchObject({
    $type: 'errorResponse',
    error: { code: 'run_cancelled' },
    messages: [{ role: 'assistant', contents: [{ text: 'Half an ans' }] }],
  })
})

test('cancel while tools run closes their calls, so that the history stays acceptable', async () => {
  const log = new MemoryRunLog()
  const { made } = createTool({
    execute: async ({ n }) => {
      if (n === 1) return 'first'
      for await (const events of log.follow(run, 0, new AbortController().signal))
        if (events.some(({ type }) => type === 'tool.completed')) break
      await log.control(run, { type: 'cancel', reason: 'enough' })
      return new Promise(() => {})
    },
  })
  const { entity, client } = createSession([callWork(1, 2), { text: 'next' }], { log, tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled' })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  const results = client.requests[1]?.messages.flatMap(({ contents }) =>
    contents.filter((c) => c.type === 'functionResult'),
  )
  expect(results).toMatchObject([
    { callId: 'call-1', result: 'first' },
    { callId: 'call-2', error: expect.stringContaining('cancelled while this tool ran') },
  ])
})

test('a run that waits, and one that has not begun, are cancelled without being run', async () => {
  const { made, executions } = createTool({ approval: 'always' })
  const { log, entity, client } = createSession(done, { tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b')
  await log.control(run, { type: 'cancel', reason: 'x' })
  await log.control({ ...key, run: 'b' }, { type: 'cancel', reason: 'y' })
  await entity.operate('continue', { correlationId: 'b' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled', data: { reason: 'x' } })
  expect(await lastOf(log, 'b')).toMatchObject({ type: 'run.cancelled', data: { reason: 'y' } })
  expect(executions).toEqual([])
  expect(client.requests).toHaveLength(1)
})

test('a message that steers joins the run before its next model call, and shares its answer', async () => {
  const log = new MemoryRunLog()
  const { made } = createTool({
    execute: async () => {
      await ask(log, 'b', 'In Celsius, please', { onBusy: 'steer' })
      const messages = [createTextMessage('user', 'In Celsius, please')]
      await log.control(run, { type: 'steer', run: 'b', messages })
      return 'tool result'
    },
  })
  const { entity, client } = createSession([callWork(1), { text: '22 degrees' }, { text: 'later' }], {
    log,
    tools: [made],
  })
  await ask(log, 'a', 'Weather?')
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('run', { correlationId: 'b' })
  expect(client.requests).toHaveLength(2)
  expect(client.requests[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
  expect(await typesOf(log, 'b')).toEqual(['run.accepted', 'run.joined', 'run.completed'])
  expect(await lastOf(log, 'b')).toMatchObject({
    data: { response: '22 degrees', correlationId: 'b', message_count: 2 },
  })
  expect(await lastOf(log)).toMatchObject({
    data: { response: '22 degrees', correlationId: 'a', message_count: 2 },
  })
  const history = entity.stored?.data.conversationHistory.map(({ $type, correlationId }) => [
    $type,
    correlationId,
  ])
  expect(history).toEqual([
    ['request', 'a'],
    ['request', 'b'],
    ['response', 'a'],
  ])
  await ask(log, 'c')
  await entity.operate('run', { correlationId: 'c' })
  expect(await lastOf(log, 'c')).toMatchObject({ data: { message_count: 3 } })
})

test('a steering message that comes during the last model call leads to another one', async () => {
  const log = new MemoryRunLog()
  const { entity, client } = createSession(
    (_request, call) => {
      if (call === 0) {
        void ask(log, 'b', 'wait')
        void log.control(run, { type: 'steer', run: 'b', messages: [createTextMessage('user', 'wait')] })
      }
      return { text: `answer ${call}` }
    },
    { log },
  )
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests).toHaveLength(2)
  expect(await lastOf(log)).toMatchObject({ data: { response: 'answer 1' } })
})

/** A run with a message that is to join it, and the entity that has not begun either. */
async function startSteered(log = new MemoryRunLog()) {
  const session = createSession([{ text: 'first' }, { text: 'second' }], {
    log,
    clock: createSleepingClock(),
  })
  await ask(log, 'a')
  await ask(log, 'b', 'wait', { onBusy: 'steer' })
  await log.control(run, { type: 'steer', run: 'b', messages: [createTextMessage('user', 'wait')] })
  return session
}

test('a message does not join a run that is being cancelled, but is answered by itself', async () => {
  const { log, entity } = await startSteered()
  await log.control(run, { type: 'cancel', reason: 'enough' })
  await entity.operate('run', { correlationId: 'b' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled' })
  expect(await lastOf(log, 'b')).toMatchObject({ type: 'run.completed', data: { response: 'first' } })
})

test('a message that was cancelled joins no other run', async () => {
  const { log, entity, client } = await startSteered()
  await log.control({ ...key, run: 'b' }, { type: 'cancel', reason: 'never mind' })
  await entity.operate('run', { correlationId: 'b' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.completed' })
  expect(await lastOf(log, 'b')).toMatchObject({ type: 'run.cancelled', data: { reason: 'never mind' } })
  expect(JSON.stringify(client.requests)).not.toContain('wait')
})

test('a run can be cancelled although the message that was to join it cannot be written', async () => {
  const log = new MemoryRunLog()
  const { append } = log
  let tries = 0
  log.append = async (...args) => {
    if (args[2][0]?.type !== 'run.joined' || tries === 100) return append.apply(log, args)
    tries += 1
    await log.control(run, { type: 'cancel', reason: 'enough' })
    throw new AgentError('store_unavailable', 'The log is damaged.')
  }
  const { entity } = await startSteered(log)
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled' })
  expect(tries).toBe(1)
})

test('a steering message whose run was cut off between joining and being noted is noted on resume', async () => {
  const log = new MemoryRunLog()
  await ask(log, 'a')
  await ask(log, 'b', 'more')
  await log.control(run, { type: 'steer', run: 'b', messages: [createTextMessage('user', 'more')] })
  await log.append({ ...key, run: 'b' }, 1, [{ type: 'run.joined', data: { run: 'a' } }])
  const { entity, client } = createSession([{ text: 'both' }], { log })
  await entity.operate('run', { correlationId: 'a' })
  expect(client.requests[0]?.messages).toHaveLength(2)
  expect(await lastOf(log, 'b')).toMatchObject({
    type: 'run.completed',
    data: { response: 'both', message: 'more', correlationId: 'b' },
  })
})

test.each([
  ['the run that it joined', 'a'],
  ['the message itself', 'b'],
])(
  'a steering message that had joined stays in the conversation when %s is cancelled',
  async (_what, cancelled) => {
    const { log, entity } = await startSteered()
    await log.append({ ...key, run: 'b' }, 1, [{ type: 'run.joined', data: { run: 'a' } }])
    await log.control({ ...key, run: cancelled }, { type: 'cancel', reason: 'enough' })
    await entity.operate('run', { correlationId: 'a' })
    const said = entity.stored?.data.conversationHistory.filter(({ $type }) => $type === 'request')
    expect(said?.map(({ correlationId }) => correlationId)).toEqual(['a', 'b'])
    expect(fold(await log.read({ ...key, run: 'b' })).outcome?.type).toBe((await lastOf(log))?.type)
  },
)

test('a run that joined one which ended without telling it takes over that outcome, with what its own user said', async () => {
  const log = new MemoryRunLog()
  await ask(log, 'a', 'first')
  const { entity } = createSession([{ text: 'both' }], { log })
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b', 'more')
  await log.append({ ...key, run: 'b' }, 1, [{ type: 'run.joined', data: { run: 'a' } }])
  await entity.operate('run', { correlationId: 'b' })
  expect(await lastOf(log, 'b')).toMatchObject({
    type: 'run.completed',
    data: { response: 'both', message: 'more', correlationId: 'b' },
  })
})

test('what waits behind a run goes on after it, also when the last that waited has joined it', async () => {
  const { made } = createTool({ approval: 'always' })
  const { log, entity } = createSession(
    ({ messages }) => (messages.length === 1 ? callWork(1) : { text: 'done' }),
    { tools: [made] },
  )
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  await ask(log, 'b', 'queued')
  await entity.operate('run', { correlationId: 'b' })
  await ask(log, 'c', 'more', { onBusy: 'steer' })
  await log.control(run, { type: 'steer', run: 'c', messages: [createTextMessage('user', 'more')] })
  await entity.operate('run', { correlationId: 'c' })
  const [approval] = toOpenApprovals(fold(await log.read(run)))
  const { approvalId = '' } = approval ?? {}
  await log.control(run, { type: 'decision', approvalId, decision: 'approve' })
  await entity.operate('decide', { correlationId: 'a' })
  for (const [operation, input] of entity.signals.splice(0)) await entity.operate(operation, input)
  for (const one of ['a', 'b', 'c'])
    expect(await lastOf(log, one), one).toMatchObject({ type: 'run.completed' })
})

test('a long run goes on over several operations, without doing a step twice', async () => {
  const { made, executions } = createTool({ onUnknownOutcome: 'fail' })
  const script = [callWork(1), callWork(2), callWork(3), { text: 'done' }]
  const { log, entity, client } = createSession(script, {
    tools: [made],
    limits: { parkAfterMs: -1, hardEndMs: 60_000 },
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.parked', data: { reason: 'operation_limit' } })
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  expect(client.requests).toHaveLength(0)
  const generous = createSession(script, { log, tools: [made] })
  await generous.entity.operate('continue', { correlationId: 'a' })
  generous.client.assertDone()
  expect(executions.map(({ n }) => n)).toEqual([1, 2, 3])
})

test.each([
  ['maxTokensPerRun', { maxTokensPerRun: 20 }, 2],
  ['maxTokensPerSession', { maxTokensPerSession: 20 }, 2],
])('%s ends the run before the model call that would go over it', async (_name, agent, modelCalls) => {
  const { made } = createTool()
  const { log, entity, client } = createSession(() => callWork(1), { tools: [made], agent })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({
    type: 'run.failed',
    data: { code: 'budget_exhausted', status: 429 },
  })
  expect(client.requests).toHaveLength(modelCalls)
})

test('the tokens of earlier turns count against the session, also those of failed ones', async () => {
  const { log, entity, client } = createSession(() => ({ text: 'x' }), { agent: { maxTokensPerSession: 30 } })
  for (const name of ['a', 'b', 'c']) {
    await ask(log, name)
    await entity.operate('run', { correlationId: name })
  }
  expect(client.requests).toHaveLength(2)
  expect(await lastOf(log, 'c')).toMatchObject({ data: { code: 'budget_exhausted' } })
})

test('a reset counts the tokens of a run even when neither its commit nor that of the reset came about', async () => {
  const { log, entity } = createSession(() => ({ text: 'x' }))
  const tokens = () => entity.stored?.data.extensionData?.durableAgentFunctions?.tokens
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  const committed = entity.state
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'b' })
  const reset = { id: 'reset', before: Date.now() + 1 }
  for (let tries = 0; tries < 3; tries += 1) {
    entity.state = committed
    await entity.operate('reset', reset)
    expect(tokens()).toBe(30)
  }
})

test('a model call that takes longer than a step may is cut off', async () => {
  const { log, entity, client } = createSession([], { agent: { stepTimeoutMs: 5 } })
  client.stream = async function* (_request, { signal } = {}) {
    yield { type: 'text', text: 'slow' }
    await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({
    type: 'run.failed',
    data: { code: 'model_timeout', status: 504 },
  })
})

test('a run hears that it is to stop, although the store was away when it began to listen', async () => {
  const clock = new VirtualClock()
  class LeavingLog extends MemoryRunLog {
    #isAway = true

    override async *watchControls(...watched: Parameters<MemoryRunLog['watchControls']>) {
      if (this.#isAway) {
        this.#isAway = false
        throw new AgentError('store_unavailable', 'The network is down.', { retryable: true })
      }
      yield* super.watchControls(...watched)
    }
  }
  const log = new LeavingLog({ clock })
  const { entity } = createSession([{ hangsAfter: 'Once upon' }], { log, clock })
  await ask(log, 'a')
  const operation = entity.operate('run', { correlationId: 'a' })
  await expect.poll(() => entity.logged.join()).toContain('The network is down.')
  clock.advanceTo(clock.now() + 2_000)
  await log.control(run, { type: 'cancel', reason: 'enough' })
  await operation
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
})

test('a run that is over its time makes no further step', async () => {
  const clock = new VirtualClock()
  const { made } = createTool({ execute: () => clock.advanceTo(clock.now() + 11) })
  const { log, entity, client } = createSession(() => callWork(1), {
    log: new MemoryRunLog({ clock }),
    clock,
    tools: [made],
    agent: { runTimeoutMs: 10 },
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.failed', data: { code: 'budget_exhausted' } })
  expect(client.requests).toHaveLength(1)
})

test.each([
  ['run.completed', 20_000],
  ['run.failed', 40_000],
])('what a run waits for humans is not counted to its time, what it works is: %s', async (type, workMs) => {
  const clock = new VirtualClock()
  const { made } = createTool({ approval: 'always', execute: () => clock.advanceTo(clock.now() + workMs) })
  const { log, entity } = createSession([callWork(1), callWork(2), { text: 'done' }], {
    log: new MemoryRunLog({ clock }),
    clock,
    tools: [made],
    agent: { runTimeoutMs: 60_000 },
  })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  for (let decided = 0; decided < 2; decided += 1) {
    clock.advanceTo(clock.now() + 3_600_000)
    await decide(log, 'approve')
    await entity.operate('decide', { correlationId: 'a' })
  }
  expect(await lastOf(log)).toMatchObject({ type })
})

test('a model that never answers is left before the platform cuts its operation off', async () => {
  const clock = new VirtualClock()
  const silent = { model: 'm', stream: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) }
  const limits = { parkAfterMs: 60_000, hardEndMs: 120_000 }
  const { log, entity } = createSession([], { clock, limits, agent: { client: silent } })
  await ask(log, 'a')
  const operation = entity.operate('run', { correlationId: 'a' })
  await expect.poll(() => typesOf(log)).toContain('run.started')
  await pass(clock, 125_000)
  await operation
  expect(await lastOf(log)).toMatchObject({ type: 'run.failed', data: { code: 'model_timeout' } })
})

test('a call whose beginning is written when the run is cancelled is not made', async () => {
  const log = new MemoryRunLog()
  const append = log.append.bind(log)
  log.append = async (key, expected, events) => {
    if (events.some(({ type }) => type === 'tool.started')) {
      await log.control(run, { type: 'cancel', reason: 'enough' })
      await nextTurn()
    }
    return append(key, expected, events)
  }
  const { made, executions } = createTool()
  const { entity } = createSession([callWork(1)], { log, tools: [made] })
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(executions).toEqual([])
  expect(await lastOf(log)).toMatchObject({ type: 'run.cancelled', data: { reason: 'enough' } })
})

test('an answer that middleware gives after the run was cancelled is not told', async () => {
  const late = createGate<string>()
  const { log, entity } = createSession([], { agent: { middleware: [{ callModel: () => late.opened }] } })
  await ask(log, 'a')
  const operation = entity.operate('run', { correlationId: 'a' })
  await expect.poll(() => typesOf(log)).toContain('run.started')
  await log.control(run, { type: 'cancel', reason: 'enough' })
  await operation
  const types = await typesOf(log)
  late.open('too late')
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(await typesOf(log)).toEqual(types)
})

test('a run whose wishes cannot be watched is carried out, and the trouble told', async () => {
  const { log, entity } = createSession([{ text: 'done' }])
  log.watchControls = () => {
    throw new AgentError('store_unavailable', 'The store is gone.')
  }
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(await lastOf(log)).toMatchObject({ type: 'run.completed' })
  expect(entity.logged.join()).toContain('The store is gone.')
})

test('what is known before the model is asked is in the log by then', async () => {
  const log = new MemoryRunLog()
  const story: string[] = []
  const append = log.append.bind(log)
  log.append = async (...args) => {
    story.push(...args[2].map(({ type }) => type))
    return append(...args)
  }
  const { entity } = createSession(
    (_request, call) => {
      story.push('model')
      return { text: call === 0 ? 'no JSON' : '{}' }
    },
    { log },
  )
  await ask(log, 'a', 'a', { responseSchema: { type: 'object' } })
  await log.control(run, { type: 'steer', run: 'b', messages: [createTextMessage('user', 'b')] })
  await ask(log, 'b')
  await entity.operate('run', { correlationId: 'a' })
  const [beforeFirst, beforeSecond] = story.join(' ').split(' model ')
  expect(beforeFirst).toContain('run.steered')
  expect(beforeSecond).toContain('answer.rejected')
})
