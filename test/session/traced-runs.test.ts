import { context, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import { createTextMessage } from '../../src/core/messages.js'
import { MemoryRunLog } from '../../src/log/memory-run-log.js'
import type { ChatClient, ChatEvent } from '../../src/model/chat-client.js'
import type { RunRequest, StoredEvent } from '../../src/run/events.js'
import { fold } from '../../src/run/fold.js'
import { toOpenApprovals } from '../../src/run/waiting.js'
import { createRunRequest } from '../../src/session/client/run-request.js'
import { withTrace } from '../../src/session/client/with-trace.js'
import { sweep } from '../../src/session/watchdog/sweep.js'
import { conversation, ScriptedModel } from '../../src/testing/scripted-model.js'
import { TelemetryKit } from '../support/telemetry.js'
import { callWork, createSession, createSleepingClock, createTool, key } from './session-kit.js'

const kit = new TelemetryKit()
afterEach(() => expect(kit.complaints).toEqual([]))

const caller = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
}
const traced = { trace: { traceparent: `00-${caller.traceId}-${caller.spanId}-01` } }
const run = { ...key, run: 'a' }
const callTwice = () => conversation([callWork(1), callWork(2), { text: 'done' }])

function accept(log: MemoryRunLog, more: Partial<RunRequest> = traced) {
  return log.create(run, { ...createRunRequest({ messages: [createTextMessage('user', 'Go')] }), ...more })
}

/** The events of a run that was never cut off, and the names of its spans. */
async function record(more?: Partial<RunRequest>): Promise<readonly StoredEvent[]> {
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog, more)
  await entity.operate('run', { correlationId: 'a' })
  return log.read(run)
}

test('a request keeps its place in the trace of whoever makes it, and stays the same request', () => {
  const request = createRunRequest({ messages: [createTextMessage('user', 'Go')] })
  expect(withTrace(request)).toBe(request)
  const kept = context.with(trace.setSpanContext(context.active(), caller), () => withTrace(request))
  expect(kept).toEqual({ ...request, ...traced })
  expect(kept.digest).toBe(request.digest)
})

test('wherever a run is cut, it is gone on with in the trace of its caller, and only what is done is told', async () => {
  const events = await record()
  expect(kit.names.filter((name) => !name.startsWith('invoke_agent'))).toHaveLength(5)
  for (let cut = 1; cut < events.length; cut += 1) {
    const before = kit.spans.length
    const { log, entity, client } = createSession(callTwice(), {
      tools: [createTool({ readOnly: true }).made],
    })
    await accept(log as MemoryRunLog)
    await log.append(run, 1, events.slice(1, cut))
    await entity.operate('run', { correlationId: 'a' })
    const spans = kit.spans.slice(before)
    const recorded = events.slice(0, cut)
    const count = (type: string) => recorded.filter((event) => event.type === type).length
    expect(spans.filter(({ name }) => name.startsWith('chat'))).toHaveLength(client.requests.length)
    expect(client.requests).toHaveLength(3 - count('step.completed'))
    expect(spans.filter(({ name }) => name.startsWith('execute_tool'))).toHaveLength(
      2 - count('tool.completed'),
    )
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([caller.traceId]))
    const [invocation] = spans.filter(({ name }) => name === 'invoke_agent Agent')
    expect(invocation?.parentSpanContext?.spanId).toBe(caller.spanId)
    expect(invocation?.attributes['gen_ai.usage.input_tokens']).toBe(10 * client.requests.length)
    expect(invocation?.attributes['durable_agent.run.resumed']).toBe(count('run.started') > 0)
  }
})

test('an execution is linked to the one before it', async () => {
  const events = await record()
  const first = kit.span('invoke_agent Agent').spanContext()
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog)
  await log.append(run, 1, events.slice(1, 3))
  await entity.operate('run', { correlationId: 'a' })
  const second = kit.spans.findLast(({ name }) => name === 'invoke_agent Agent')
  expect(second?.links.map((link) => link.context.spanId)).toEqual([first.spanId])
  expect(second?.attributes).toMatchObject({
    'gen_ai.conversation.id': 's',
    'durable_agent.run.id': 'a',
    'durable_agent.run.epoch': 2,
    'durable_agent.run.attempt': 2,
  })
})

test('a run whose caller has no trace stays in the one that its first execution began', async () => {
  const events = await record({})
  const first = kit.span('invoke_agent Agent').spanContext()
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog, {})
  await log.append(run, 1, events.slice(1, 3))
  await entity.operate('run', { correlationId: 'a' })
  const second = kit.spans.findLast(({ name }) => name === 'invoke_agent Agent')
  expect(second?.spanContext().traceId).toBe(first.traceId)
  expect(second?.parentSpanContext?.spanId).toBe(first.spanId)
})

test('a run whose caller does not want it recorded is not, whoever goes on with it', async () => {
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog, { trace: { traceparent: `00-${caller.traceId}-${caller.spanId}-00` } })
  await entity.operate('run', { correlationId: 'a' })
  const events = await log.read(run)
  expect(events.at(-1)?.type).toBe('run.completed')
  expect(events[1]).toMatchObject({
    data: { trace: { traceparent: expect.stringMatching(`^00-${caller.traceId}.*-00$`) } },
  })
  expect(kit.names).toEqual([])
})

test('a trace that was kept wrongly is no obstacle', async () => {
  const { log, entity } = createSession([{ text: 'done' }])
  await accept(log as MemoryRunLog, { trace: { traceparent: 'garbage', tracestate: '\n' } })
  await entity.operate('run', { correlationId: 'a' })
  expect(kit.span('invoke_agent Agent').parentSpanContext).toBeUndefined()
})

test('a log of before traces were kept is gone on with', async () => {
  const events = (await record({})).map((event) =>
    event.type === 'run.started' ? { ...event, data: { ...event.data, trace: undefined } } : event,
  )
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog, {})
  await log.append(run, 1, events.slice(1, 3))
  await entity.operate('run', { correlationId: 'a' })
  expect((await log.read(run)).at(-1)?.type).toBe('run.completed')
})

test('a run that waits for a human for two days is one trace, and no span lasts while it waits', async () => {
  const clock = createSleepingClock()
  const { log, entity } = createSession(refunding(), {
    tools: [refund],
    clock,
    log: new MemoryRunLog({ clock }),
  })
  await log.create(run, createRunRequest({ messages: [createTextMessage('user', 'Refund it')] }))
  await entity.operate('run', { correlationId: 'a' })
  const [approval] = toOpenApprovals(fold(await log.read(run)))
  await clock.sleep(2 * 86_400_000)
  await log.control(run, { type: 'decision', approvalId: approval?.approvalId ?? '', decision: 'approve' })
  await entity.operate('decide', { correlationId: 'a' })
  const executions = kit.spans.filter(({ name }) => name === 'invoke_agent Agent')
  expect(executions.map(({ attributes }) => attributes['durable_agent.run.outcome'])).toEqual([
    'parked',
    'completed',
  ])
  expect(executions[0]?.attributes['durable_agent.run.parked_for']).toBe('approval')
  expect(new Set(kit.spans.map((span) => span.spanContext().traceId)).size).toBe(1)
  expect(kit.names.filter((name) => name === 'execute_tool refund')).toHaveLength(1)
  expect(kit.names.filter((name) => name === 'chat scripted')).toHaveLength(2)
  const events = executions.flatMap((span) => span.events.map(({ name }) => name))
  expect(events).toEqual(['durable_agent.approval.requested', 'durable_agent.approval.decided'])
  const waits = await kit.metric('durable_agent.approval.wait')
  expect(waits?.dataPoints).toMatchObject([{ value: { count: 1, sum: expect.closeTo(2 * 86_400, -2) } }])
  const durations = await kit.metric('durable_agent.run.duration')
  const longest = durations?.dataPoints.map(({ value }) => (value as { readonly max: number }).max)
  expect(Math.max(...(longest ?? []))).toBeGreaterThanOrEqual(2 * 86_400)
})

const refund = tool({
  name: 'refund',
  description: 'Refunds.',
  approval: 'always',
  execute: () => 'refunded',
})
const refunding = () => conversation([{ calls: [{ name: 'refund', arguments: {} }] }, { text: 'Refunded.' }])

test('what became of a tool that was cut off is told', async () => {
  const { log, entity } = createSession(callTwice(), {
    tools: [createTool({ onUnknownOutcome: 'fail' }).made],
  })
  const events = await record()
  const started = events.findIndex(({ type }) => type === 'tool.started') + 1
  await accept(log as MemoryRunLog)
  await log.append(run, 1, events.slice(1, started))
  await entity.operate('run', { correlationId: 'a' })
  const last = kit.spans.findLast(({ name }) => name === 'invoke_agent Agent')
  expect(last?.events).toMatchObject([
    {
      name: 'durable_agent.tool.outcome_unknown',
      attributes: { 'gen_ai.tool.name': 'work', 'durable_agent.tool.resolution': 'fail' },
    },
  ])
})

test('a run that is cancelled ends its spans, each once', async () => {
  const { log, entity } = createSession([{ hangsAfter: 'Well' }])
  await accept(log as MemoryRunLog)
  const operation = entity.operate('run', { correlationId: 'a' })
  await expect.poll(async () => (await log.read(run)).some(({ type }) => type === 'message.delta')).toBe(true)
  await log.control(run, { type: 'cancel', reason: 'enough' })
  await operation
  expect(kit.span('invoke_agent Agent').attributes['durable_agent.run.outcome']).toBe('cancelled')
  expect(kit.span('chat scripted').attributes['error.type']).toBe('run_cancelled')
})

test('an execution that is fenced off says so, and is no error', async () => {
  const { log, entity } = createSession([{ hangsAfter: 'Well' }])
  await accept(log as MemoryRunLog)
  const operation = entity.operate('run', { correlationId: 'a' })
  await expect.poll(async () => (await log.read(run)).some(({ type }) => type === 'message.delta')).toBe(true)
  const { length } = await log.read(run)
  await log.append(run, length, [{ type: 'run.started', data: { epoch: 2, attempt: 2, turn: 1 } }])
  await log.control(run, { type: 'cancel', reason: 'so that it writes' })
  await operation
  const { attributes, status } = kit.span('invoke_agent Agent')
  expect(attributes['durable_agent.run.outcome']).toBe('fenced')
  expect(status.code).toBe(SpanStatusCode.UNSET)
})

test("an agent that works for a run is below that run's tool, also when it is gone on with", async () => {
  const expert = new Agent({ name: 'Expert', client: new ScriptedModel([{ text: 'ten' }]) })
  const asking = [{ calls: [{ name: 'Expert', arguments: { query: 'What?' } }] }, { text: 'Ten.' }]
  const { log, entity } = createSession(asking, { tools: [expert.asTool()] })
  await accept(log as MemoryRunLog)
  await entity.operate('run', { correlationId: 'a' })
  expect(kit.below(kit.span('execute_tool Expert').spanContext())).toEqual(['invoke_agent Expert'])
  expect(kit.span('invoke_agent Expert').attributes['durable_agent.run.id']).toBe('a/call_0_0')
  expect(kit.span('invoke_agent Expert').spanContext().traceId).toBe(caller.traceId)
})

test('resumed executions are counted', async () => {
  const events = await record()
  const { log, entity } = createSession(callTwice(), { tools: [createTool().made] })
  await accept(log as MemoryRunLog)
  await log.append(run, 1, events.slice(1, 3))
  await entity.operate('run', { correlationId: 'a' })
  const { dataPoints = [] } = (await kit.metric('durable_agent.run.executions')) ?? {}
  const resumed = dataPoints.find(({ attributes }) => attributes['durable_agent.run.resumed'] === true)
  expect(resumed?.value).toBeGreaterThanOrEqual(1)
})

test('an app that wants its contents told gets them told', async () => {
  const { log, entity } = createSession([{ text: 'A secret answer.' }])
  await accept(log as MemoryRunLog)
  await entity.operate('run', { correlationId: 'a' })
  expect(kit.text).not.toContain('secret')
  const telling = createSession([{ text: 'A secret answer.' }], { telemetry: { captureContent: true } })
  await accept(telling.log as MemoryRunLog)
  await telling.entity.operate('run', { correlationId: 'a' })
  expect(kit.text).toContain('A secret answer.')
})

test('an answer that is made in the background is two calls, of which one brings it and its tokens', async () => {
  const client: ChatClient = {
    model: 'slow',
    async *stream({ continuation }) {
      if (continuation === undefined) yield { type: 'continuation', token: 't' }
      else yield toCompleted('There it is.')
    },
    async cancel() {},
  }
  const { log, entity } = createSession([], { agent: { client, modelSettings: { background: true } } })
  await accept(log as MemoryRunLog)
  await entity.operate('run', { correlationId: 'a' })
  await entity.operate('continue', { correlationId: 'a' })
  const [asked, brought] = kit.spans.filter(({ name }) => name === 'chat slow')
  expect(asked?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens')
  expect(asked?.status.code).toBe(SpanStatusCode.UNSET)
  expect(brought?.attributes).toMatchObject({
    'durable_agent.chat.continued': true,
    'gen_ai.usage.input_tokens': 3,
  })
  const outcomes = kit.spans
    .filter(({ name }) => name === 'invoke_agent Agent')
    .map(({ attributes }) => attributes['durable_agent.run.outcome'])
  expect(outcomes).toEqual(['parked', 'completed'])
})

function toCompleted(text: string): ChatEvent {
  const message = createTextMessage('assistant', text)
  return {
    type: 'completed',
    message,
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    finishReason: 'stop',
    model: 'slow',
  }
}

test('a failure that only the log is told of names the run, and so what to look for in the traces', async () => {
  const failing = { name: 'memory', afterRun: () => Promise.reject(new Error('no memory')) }
  const { log, entity } = createSession([{ text: 'done' }], { agent: { contextProviders: [failing] } })
  await accept(log as MemoryRunLog)
  await entity.operate('run', { correlationId: 'a' })
  expect(entity.logged.join()).toContain('Agent Agent, session s, run a: ')
})

/** How many runs of an agent ended how. */
async function countEnds(agent: string): Promise<readonly (readonly [unknown, unknown, number])[]> {
  const { dataPoints = [] } = (await kit.metric('durable_agent.run.duration')) ?? {}
  return dataPoints
    .filter(({ attributes }) => attributes['gen_ai.agent.name'] === agent)
    .map(({ attributes, value }) => {
      const { count } = value as { readonly count: number }
      return [attributes['durable_agent.run.outcome'], attributes['error.type'], count]
    })
}

test('a run that is given up is counted as failed', async () => {
  const { log, agent } = createSession([], { agent: { name: 'Hopeless' } })
  const key = { agent: 'Hopeless', session: 's', run: 'a' }
  await log.create(key, createRunRequest({ messages: [createTextMessage('user', 'Go')] }))
  await log.append(key, 1, [{ type: 'run.started', data: { epoch: 1, attempt: 1, turn: 1 } }])
  const now = Date.now() + 120_000
  const patience = {
    stallMs: 60_000,
    maxAttempts: 1,
    sessionTtlMs: undefined,
    runRetentionMs: undefined,
    now,
  }
  const report = await sweep({ log, agents: [agent], signal: async () => {}, ...patience })
  expect(report.givenUp).toBe(1)
  expect(await countEnds('Hopeless')).toEqual([['failed', 'internal', 1]])
})

test('a run that another machine accepted a moment later is counted all the same', async () => {
  const itsClock = createSleepingClock()
  await itsClock.sleep(5000)
  const log = new MemoryRunLog({ clock: itsClock })
  const clock = createSleepingClock()
  const { entity } = createSession([{ text: 'done' }], { agent: { name: 'Skewed' }, clock, log })
  const key = { agent: 'Skewed', session: 's', run: 'a' }
  await log.create(key, createRunRequest({ messages: [createTextMessage('user', 'Go')] }))
  await entity.operate('run', { correlationId: 'a' })
  expect(await countEnds('Skewed')).toEqual([['completed', undefined, 1]])
})
