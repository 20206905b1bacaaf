import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { RunEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import { ask, callWork, createSession, createSleepingClock, createTool, key } from './session-kit.js'

const caller = 'parent:3'

test('a caller that brings the whole request gets the answer back', async () => {
  const { entity } = createSession([{ text: 'Hello!' }])
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  expect(entity.replies).toEqual([
    {
      status: 'completed',
      sessionId: 's',
      correlationId: 'a',
      responseId: 'a',
      messages: [{ role: 'assistant', contents: [{ $type: 'text', type: 'text', text: 'Hello!' }] }],
      usage: { inputTokenCount: 10, outputTokenCount: 5, totalTokenCount: 15 },
    },
  ])
  expect(entity.raised).toEqual([])
})

test('the operation that is repeated gives the same reply, and asks the model nothing', async () => {
  const { entity, client, log } = createSession([{ text: 'Hello!' }])
  const input = { message: 'Hi', correlationId: 'a', orchestrationId: caller }
  await entity.operate('run_agent', input)
  const { log: _, ...repeated } = createSession([], { log })
  await repeated.entity.operate('RunAgentAsync', input)
  expect(repeated.entity.replies).toEqual(entity.replies)
  expect(client.requests).toHaveLength(1)
})

test('the fields of .NET and Python requests are read', async () => {
  const { entity, log, client } = createSession([{ text: '{"n":1}' }])
  const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
  await entity.operate('run', {
    messages: [{ role: 'user', contents: [{ $type: 'text', text: 'One' }] }],
    correlationId: 'a',
    enable_tool_calls: false,
    response_format: { $type: 'json', schema },
    orchestrationId: caller,
    request_response_format: 'json',
    wait_for_response: true,
  })
  expect(entity.replies).toMatchObject([{ status: 'completed', value: { n: 1 } }])
  expect(client.requests[0]).toMatchObject({ responseFormat: { schema } })
  const [accepted] = await log.read({ ...key, run: 'a' })
  expect(accepted?.data).toMatchObject({
    options: { enableToolCalls: false },
    orchestrationId: caller,
    messages: [{ role: 'user', contents: [{ type: 'text', text: 'One' }] }],
  })
})

test.each([
  ['a role other than the user', { message: 'x', role: 'system' }, /role: must be "user", not "system"/],
  [
    'a message of another role',
    { messages: [{ role: 'assistant', contents: [{ type: 'text', text: 'x' }] }] },
    /messages\.0\.role/,
  ],
  [
    'contents that no user sends',
    { messages: [{ contents: [{ $type: 'functionCall', name: 'x' }] }] },
    /not "functionCall"/,
  ],
  [
    'a Python class as response format',
    { message: 'x', response_format: { __response_schema_type__: 'pydantic_model' } },
    /response_schema/,
  ],
  [
    'context that we would not show',
    { message: 'x', contextMessages: [{}] },
    /contextMessages: is not supported/,
  ],
  ['an id that would be that of an inner run', { message: 'x', correlationId: 'a/b' }, /correlationId/],
  ['a schema that is none', { message: 'x', response_schema: { type: 'nonsense' } }, /response_schema/],
])('%s is refused, and nothing is stored', async (_name, input, message) => {
  const { entity, log } = createSession([])
  await entity.operate('run', { correlationId: 'a', ...input })
  expect(entity.replies).toMatchObject([
    { status: 'failed', error: { code: 'invalid_request', message: expect.stringMatching(message) } },
  ])
  expect(await log.session(key)).toBeUndefined()
})

test("an agent's own schema holds for callers that name none, and is checked as in code", async () => {
  const responseFormat = z.object({ n: z.number().refine((n) => n % 2 === 0, 'must be even') })
  const { entity, client } = createSession([{ text: '{"n":3}' }, { text: '{"n":4}' }, { text: '{"m":1}' }], {
    agent: { responseFormat },
  })
  await entity.operate('run', { message: 'A number', correlationId: 'a', orchestrationId: caller })
  const schema = { type: 'object', properties: { m: { type: 'number' } }, required: ['m'] }
  await entity.operate('run', {
    message: 'Another',
    correlationId: 'b',
    response_schema: schema,
    orchestrationId: caller,
  })
  expect(entity.replies).toMatchObject([{ value: { n: 4 } }, { value: { m: 1 } }])
  expect(JSON.stringify(client.requests[1]?.messages.at(-1))).toContain('must be even')
})

test('an id that stands for another request, and a session of somebody else, are refused', async () => {
  const { entity } = createSession([{ text: 'one' }])
  await entity.operate('run', { message: 'One', correlationId: 'a', owner: 'ann' })
  await entity.operate('run', { message: 'Two', correlationId: 'a', owner: 'ann' })
  await entity.operate('run', { message: 'Three', correlationId: 'b', owner: 'bob' })
  expect(entity.replies).toMatchObject([
    { status: 'completed' },
    { status: 'failed', error: { code: 'idempotency_conflict', retryable: false } },
    { status: 'failed', error: { code: 'not_found' } },
  ])
})

test('a run that fails is a reply that says why', async () => {
  const { entity } = createSession([{ error: new Error('secret') }])
  await entity.operate('run', { message: 'Hi', correlationId: 'a' })
  expect(entity.replies).toMatchObject([{ status: 'failed', error: { code: 'internal', retryable: true } }])
  expect(JSON.stringify(entity.replies)).not.toContain('secret')
})

test.each([[{ retryable: false }], [{ retryable: true, retryAfterMs: 20_000 }]])(
  'the reply of a run that failed says %j as its model client did',
  async (said) => {
    const { entity } = createSession([{ error: new AgentError('model_error', 'No.', said) }])
    await entity.operate('run', { message: 'Hi', correlationId: 'a' })
    expect(entity.replies).toMatchObject([{ status: 'failed', error: { code: 'model_error', ...said } }])
  },
)

test('the reply and the answer of a run say that its model was cut off, and nothing when it was not', async () => {
  const { entity, log } = createSession([{ text: 'Once upon', finishReason: 'length' }, { text: 'Whole.' }])
  await entity.operate('run', { message: 'A story', correlationId: 'a' })
  await entity.operate('run', { message: 'Another', correlationId: 'b' })
  expect(entity.replies).toMatchObject([{ status: 'completed', finishReason: 'length' }, {}])
  expect(entity.replies[1]).not.toHaveProperty('finishReason')
  const ends = await Promise.all(['a', 'b'].map(async (run) => (await log.read({ ...key, run })).at(-1)))
  expect(ends[0]?.data).toMatchObject({ response: 'Once upon', finishReason: 'length' })
  expect(ends[1]?.data).not.toHaveProperty('finishReason')
})

test('a run whose model was cut off before it had said anything has failed, and has cost what it has', async () => {
  const { entity, log } = createSession([{ text: '', finishReason: 'length' }, { text: 'Whole.' }])
  await entity.operate('run', { message: 'A story', correlationId: 'a' })
  await entity.operate('run', { message: 'Another', correlationId: 'b' })
  const failure = { code: 'answer_cut_off', retryable: false }
  expect(entity.replies).toMatchObject([{ status: 'failed', error: failure }, { status: 'completed' }])
  expect(fold(await log.read({ ...key, run: 'a' })).usage).toMatchObject({ totalTokens: 15 })
})

test('a run that waits replies that it does, and tells its orchestration when it has ended', async () => {
  const { made } = createTool({ approval: 'always' })
  const { entity, log } = createSession([callWork(1), { text: 'Done.' }], { tools: [made] })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  expect(entity.replies).toMatchObject([{ status: 'pending', messages: [] }])
  expect(entity.raised).toEqual([])
  const [approval] = (await log.read({ ...key, run: 'a' })).flatMap((event) =>
    event.type === 'approval.requested' ? [event.data] : [],
  )
  const decision = { type: 'decision', approvalId: approval?.approvalId ?? '', decision: 'approve' } as const
  await log.control({ ...key, run: 'a' }, decision)
  await entity.operate('decide', { correlationId: 'a' })
  expect(entity.raised).toEqual([
    [caller, 'dafx-run-a', expect.objectContaining({ status: 'completed', correlationId: 'a' })],
  ])
})

test('each orchestration that asks for the same run is told how it ended', async () => {
  const { made } = createTool({ approval: 'always' })
  const { entity, log } = createSession([callWork(1), { text: 'Done.' }], { tools: [made] })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  for (const orchestrationId of ['other:1', 'other:1', 'third:1'])
    await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId })
  await log.control({ ...key, run: 'a' }, { type: 'cancel', reason: 'enough' })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: 'third:1' })
  const ended = { status: 'failed', error: { code: 'run_cancelled' } }
  expect(entity.replies.at(-1)).toMatchObject(ended)
  expect(entity.raised).toMatchObject([
    [caller, 'dafx-run-a', ended],
    ['other:1', 'dafx-run-a', ended],
  ])
})

test('an orchestration that asks for a run of somebody else is told that its session is deleted', async () => {
  const { made } = createTool({ approval: 'always' })
  const { entity, log } = createSession([callWork(1)], { tools: [made] })
  await ask(log, 'a', 'Hi')
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  await entity.operate('delete', { before: Date.now() + 1 })
  expect(entity.replies.at(-1)).toMatchObject({ status: 'pending' })
  expect(entity.raised).toMatchObject([[caller, 'dafx-run-a', { status: 'failed' }]])
})

test('a run queued behind one that waits is pending, and its orchestration is told', async () => {
  const { made } = createTool({ approval: 'always' })
  const { entity, log } = createSession([callWork(1), { text: 'second' }], { tools: [made] })
  await ask(log, 'first')
  await entity.operate('run', { correlationId: 'first' })
  await entity.operate('run', { message: 'Hi', correlationId: 'second', orchestrationId: caller })
  expect(entity.replies).toMatchObject([{ status: 'pending', correlationId: 'second' }])
  await log.control({ ...key, run: 'first' }, { type: 'cancel', reason: 'enough' })
  await entity.operate('continue', { correlationId: 'first' })
  await entity.operate('continue', { correlationId: 'second' })
  expect(entity.raised).toMatchObject([[caller, 'dafx-run-second', { status: 'completed' }]])
})

test('a run that outlives its operation is pending, and told of by the operation that ends it', async () => {
  const limits = { parkAfterMs: -1, hardEndMs: 60_000 }
  const { entity, log } = createSession([], { limits })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  expect(entity.replies).toMatchObject([{ status: 'pending' }])
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  const { entity: generous } = createSession([{ text: 'Done.' }], { log })
  await generous.operate('continue', { correlationId: 'a' })
  expect(generous.raised).toMatchObject([[caller, 'dafx-run-a', { status: 'completed' }]])
})

test('an operation cut off after the run had ended tells the orchestration once more', async () => {
  const { entity, log } = createSession([{ text: 'Done.' }])
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  const { entity: again } = createSession([], { log })
  await again.operate('continue', { correlationId: 'a' })
  expect(again.raised).toMatchObject([[caller, 'dafx-run-a', { status: 'completed' }]])
  expect(again.stored?.data.conversationHistory).toHaveLength(2)
})

test('an orchestration is told of a run that went on in an operation of which nothing was kept', async () => {
  const log = new MemoryRunLog()
  const run = { ...key, run: 'a' }
  const takeOver: RunEvent = { type: 'run.started', data: { epoch: 2, attempt: 2, turn: 1 } }
  const { made } = createTool({
    execute: async () => log.append(run, (await log.read(run)).length, [takeOver]),
  })
  const { entity } = createSession([callWork(1)], { log, tools: [made] })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  expect(entity.replies).toMatchObject([{ status: 'pending' }])
  await log.append(run, (await log.read(run)).length, [
    { type: 'run.cancelled', data: { reason: 'x', text: '' } },
  ])
  for (const [operation, input] of entity.signals.splice(0)) await entity.operate(operation, input)
  expect(entity.raised).toMatchObject([[caller, 'dafx-run-a', { status: 'failed' }]])
})

test('of a run that cannot begin nobody is told before the log says so', async () => {
  const log = new MemoryRunLog()
  const { entity } = createSession([], { log })
  entity.state = JSON.stringify({ schemaVersion: '9.0.0', data: {} })
  const append = vi.spyOn(log, 'append').mockRejectedValue(new AgentError('store_unavailable', 'Gone.'))
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.raised).toEqual([])
  append.mockRestore()
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.raised).toMatchObject([[caller, 'dafx-run-a', { error: { code: 'unsupported_state' } }]])
})

test('an event that cannot be raised is tried again, and in the end by another operation', async () => {
  const clock = { ...systemClock, sleep: async () => {} }
  const log = new MemoryRunLog()
  await createSession([{ text: 'Done.' }], { log }).entity.operate('run', {
    message: 'Hi',
    correlationId: 'a',
    orchestrationId: caller,
  })
  const { entity } = createSession([], { log, clock })
  entity.raiseFailures.push(...[1, 2, 3].map((n) => new Error(`unreachable ${n}`)))
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.raised).toEqual([])
  expect(entity.stored).toBeUndefined()
  expect(entity.signals).toEqual([['continue', { correlationId: 'a' }]])
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.raised).toHaveLength(1)
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})

test('an orchestration that is gone holds nothing up', async () => {
  const log = new MemoryRunLog()
  const input = { message: 'Hi', correlationId: 'a', orchestrationId: caller }
  await createSession([{ text: 'Done.' }], { log }).entity.operate('run', input)
  const { entity } = createSession([], { log })
  entity.raiseFailures.push(new Error(`No instance with ID '${caller}' found.`))
  await entity.operate('continue', { correlationId: 'a' })
  expect(entity.stored?.data.conversationHistory).toHaveLength(2)
})

test('deleting the session tells the orchestrations of its open runs', async () => {
  const { made } = createTool({ approval: 'always' })
  const { entity, log } = createSession([callWork(1)], { tools: [made] })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  await entity.operate('delete', { before: Date.now() + 1 })
  expect(entity.raised).toMatchObject([
    [caller, 'dafx-run-a', { status: 'failed', error: { code: 'run_cancelled' } }],
  ])
  expect(await log.session(key)).toBeUndefined()
})

test('whoever waits for a run that is deleted while it is executed is told so', async () => {
  const log = new MemoryRunLog()
  const { made } = createTool({ execute: () => log.deleteSession(key, Date.now() + 1) })
  const { entity } = createSession([callWork(1)], { log, tools: [made] })
  await entity.operate('run', { message: 'Hi', correlationId: 'a', orchestrationId: caller })
  expect(entity.replies).toMatchObject([{ status: 'failed', error: { code: 'run_cancelled' } }])
})

test.each([
  ['a message that nobody waits for is brought again while the store cannot take it', false],
  ['whoever waits is told that the store cannot take the message, and sends it again', true],
])('%s', async (_title, awaited) => {
  const log = new MemoryRunLog()
  const { create } = log
  log.create = async () => {
    throw new AgentError('store_unavailable', 'The network is down.', { retryable: true })
  }
  const { entity } = createSession([{ text: 'Hello!' }], { log, clock: createSleepingClock() })
  const input = { message: 'Hi', correlationId: 'a', wait_for_response: awaited }
  await entity.operate('run', input)
  expect(entity.replies).toMatchObject([{ status: 'failed', error: { code: 'store_unavailable' } }])
  expect(entity.signals).toEqual(awaited ? [] : [['run', input]])
  log.create = create
  await entity.operate('run', input)
  expect((await log.read({ ...key, run: 'a' })).at(-1)).toMatchObject({ type: 'run.completed' })
})

test('an operation that only names its run replies nothing', async () => {
  const { log, entity } = createSession([{ text: 'x' }])
  await ask(log, 'a')
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.replies).toEqual([])
})
