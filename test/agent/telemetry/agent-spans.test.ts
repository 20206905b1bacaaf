import { SpanStatusCode, trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../../src/agent/agent.js'
import type { ForeignAgent } from '../../../src/agent/foreign/foreign-agent.js'
import { HostedAgent } from '../../../src/agent/foreign/hosted-agent.js'
import { tool } from '../../../src/agent/tools/tool.js'
import { AgentError } from '../../../src/core/errors.js'
import { withTelemetry } from '../../../src/model/with-telemetry.js'
import { type ModelStep, ScriptedModel } from '../../../src/testing/scripted-model.js'
import { TelemetryKit } from '../../support/telemetry.js'

const kit = new TelemetryKit()
afterEach(() => {
  vi.unstubAllEnvs()
  expect(kit.complaints).toEqual([])
})

const look = tool({
  name: 'look',
  description: 'Looks something up.',
  parameters: z.object({ what: z.string() }),
  execute: ({ what }) => {
    trace.getTracer('app').startSpan('GET /things').end()
    return { found: `${what}, a secret result` }
  },
})
const fail = tool({
  name: 'fail',
  description: 'Fails.',
  execute: () => {
    throw new RangeError('Bearer sk-secret was refused')
  },
})
const askLook: ModelStep = {
  calls: [{ name: 'look', arguments: { what: 'a secret argument' }, callId: 'c1' }],
}
const answer: ModelStep = { text: 'A secret answer.' }

function createAgent(
  script: readonly ModelStep[],
  options: Partial<ConstructorParameters<typeof Agent>[0]> = {},
) {
  return new Agent({
    name: 'Finder',
    client: new ScriptedModel(script),
    instructions: 'A secret instruction.',
    tools: [look, fail],
    ...options,
  })
}

test('a run is a span with its model calls and its tools below it, and what a tool does below that', async () => {
  const agent = createAgent([askLook, answer])
  await agent.run('A secret question?', { session: agent.createSession({ id: 's-1' }) })
  expect(kit.names).toEqual([
    'chat scripted',
    'GET /things',
    'execute_tool look',
    'chat scripted',
    'invoke_agent Finder',
  ])
  const run = kit.span('invoke_agent Finder')
  const call = kit.span('execute_tool look')
  expect(kit.below(run.spanContext())).toEqual(['chat scripted', 'execute_tool look', 'chat scripted'])
  expect(kit.below(call.spanContext())).toEqual(['GET /things'])
  expect(run.attributes).toEqual({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.provider.name': 'unknown',
    'gen_ai.request.model': 'scripted',
    'gen_ai.agent.name': 'Finder',
    'gen_ai.conversation.id': 's-1',
    'gen_ai.usage.input_tokens': 20,
    'gen_ai.usage.output_tokens': 10,
    'durable_agent.run.id': expect.any(String),
    'durable_agent.run.outcome': 'completed',
  })
  expect(call.attributes).toEqual({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'look',
    'gen_ai.tool.call.id': 'c1',
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.description': 'Looks something up.',
    'gen_ai.agent.name': 'Finder',
    'gen_ai.conversation.id': 's-1',
    'durable_agent.run.id': run.attributes['durable_agent.run.id'],
  })
})

test('nothing that is said is told, by anybody', async () => {
  await createAgent([askLook, answer]).run('A secret question?')
  expect(kit.spans).toHaveLength(5)
  expect(kit.text).not.toMatch(/secret/)
})

test('it is told when the environment says so', async () => {
  vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true')
  await createAgent([askLook, answer]).run('A secret question?')
  const { attributes: run } = kit.span('invoke_agent Finder')
  expect(run['gen_ai.input.messages']).toContain('A secret question?')
  expect(run['gen_ai.output.messages']).toContain('A secret answer.')
  const { attributes: call } = kit.span('execute_tool look')
  expect(call['gen_ai.tool.call.arguments']).toBe('{"what":"a secret argument"}')
  expect(call['gen_ai.tool.call.result']).toBe('{"found":"a secret argument, a secret result"}')
})

test('a client that is wrapped already is not told of twice', async () => {
  await createAgent([answer], { client: withTelemetry(new ScriptedModel([answer])) }).run('Hello')
  expect(kit.names).toEqual(['chat scripted', 'invoke_agent Finder'])
})

const slow = tool({
  name: 'slow',
  description: 'Is slow.',
  timeoutMs: 1,
  execute: () => new Promise(() => {}),
})
const breaking = tool({
  name: 'break',
  description: 'Breaks.',
  execute: () => Promise.reject(new Error('sk-secret')),
})

test.each([
  ['what it threw', 'fail', {}, 'RangeError'],
  ['that its arguments are wrong', 'look', { what: 'sk-secret'.split('') }, 'invalid_arguments'],
  ['that it took too long', 'slow', {}, 'TimeoutError'],
  ['no more than that, of an error without a name', 'break', {}, 'tool_error'],
])('of a tool that fails its span tells %s, and not its words', async (_what, name, args, type) => {
  const tools = [look, fail, slow, breaking]
  await createAgent([{ calls: [{ name, arguments: args }] }, answer], { tools }).run('Hello')
  const { attributes, status } = kit.span(`execute_tool ${name}`)
  expect(attributes['error.type']).toBe(type)
  expect(status).toEqual({ code: SpanStatusCode.ERROR })
  expect(kit.text).not.toContain('sk-secret')
})

test('a tool that works the second time has not failed', async () => {
  const steady = tool({
    name: 'steady',
    description: 'Works the second time.',
    retry: { maxAttempts: 2, initialDelayMs: 0 },
    execute: vi.fn(async () => 'seen').mockRejectedValueOnce(new TypeError('once')),
  })
  await createAgent([{ calls: [{ name: 'steady', arguments: {} }] }, answer], { tools: [steady] }).run(
    'Hello',
  )
  expect(kit.span('execute_tool steady').attributes).not.toHaveProperty('error.type')
})

test('a run that fails names its code, and so does the call that failed it', async () => {
  const error = new AgentError('model_error', 'The model answered 500.')
  await expect(createAgent([{ error }]).run('Hello')).rejects.toThrow(error)
  const failed = { code: SpanStatusCode.ERROR, message: 'The model answered 500.' }
  expect(kit.span('invoke_agent Finder')).toMatchObject({
    attributes: { 'error.type': 'model_error', 'durable_agent.run.outcome': 'failed' },
    status: failed,
  })
  expect(kit.span('chat scripted')).toMatchObject({
    attributes: { 'error.type': 'model_error' },
    status: failed,
  })
})

test('a run that is aborted ends its spans', async () => {
  const stop = new AbortController()
  const client = new ScriptedModel([{ hangsAfter: 'Well' }])
  const run = createAgent([], { client }).run('Hello', { signal: stop.signal })
  for await (const _ of run) break
  stop.abort(new DOMException('enough', 'AbortError'))
  await expect(run).rejects.toThrow('enough')
  expect([...kit.names].sort()).toEqual(['chat scripted', 'invoke_agent Finder'])
  expect(kit.span('invoke_agent Finder').attributes['error.type']).toBe('AbortError')
  expect(kit.span('chat scripted').attributes['error.type']).toBe('AbortError')
})

test("an agent that works for another one is below that one's tool", async () => {
  const expert = createAgent([answer], { name: 'Expert' })
  const askExpert: ModelStep = { calls: [{ name: 'Expert', arguments: { query: 'Why?' }, callId: 'c1' }] }
  await createAgent([askExpert, answer], { tools: [expert.asTool()] }).run('Hello')
  const inner = kit.span('invoke_agent Expert')
  expect(kit.below(kit.span('execute_tool Expert').spanContext())).toEqual(['invoke_agent Expert'])
  expect(kit.below(inner.spanContext())).toEqual(['chat scripted'])
  expect(new Set(kit.spans.map((span) => span.spanContext().traceId)).size).toBe(1)
})

test("a run is below the app's own span", async () => {
  await trace.getTracer('app').startActiveSpan('POST /orders', async (span) => {
    await createAgent([answer]).run('Hello')
    span.end()
  })
  expect(kit.below(kit.span('POST /orders').spanContext())).toEqual(['invoke_agent Finder'])
})

test('ends of runs are counted by how they ended', async () => {
  await createAgent([answer], { name: 'Counted' }).run('Hello')
  const duration = await kit.metric('durable_agent.run.duration')
  const points = duration?.dataPoints.filter(
    ({ attributes }) => attributes['gen_ai.agent.name'] === 'Counted',
  )
  expect(points).toMatchObject([
    { attributes: { 'durable_agent.run.outcome': 'completed' }, value: { count: 1 } },
  ])
})

test('the work of a foreign agent is one call, below which what it does itself is found', async () => {
  const foreign: ForeignAgent = {
    name: 'Foreign',
    async *run() {
      trace.getTracer('theirs').startSpan('their own').end()
      yield 'Hello.'
    },
  }
  await new HostedAgent(foreign).run('Hello')
  expect(kit.names).toEqual(['their own', 'chat Foreign', 'invoke_agent Foreign'])
  expect(kit.below(kit.span('chat Foreign').spanContext())).toEqual(['their own'])
})

test('the model calls of an agent that a foreign one asks are told too', async () => {
  const expert = createAgent([answer], { name: 'Expert' })
  const foreign: ForeignAgent = {
    name: 'Foreign',
    async *run() {
      yield (await expert.run('Why?')).text
    },
  }
  await new HostedAgent(foreign).run('Hello')
  expect(kit.below(kit.span('chat Foreign').spanContext())).toEqual(['invoke_agent Expert'])
  expect(kit.below(kit.span('invoke_agent Expert').spanContext())).toEqual(['chat scripted'])
})

test('the time that a human takes is measured', async () => {
  const refund = tool({
    name: 'refund',
    description: 'Refunds.',
    approval: 'always',
    execute: () => 'refunded',
  })
  const agent = createAgent([{ calls: [{ name: 'refund', arguments: {} }] }, answer], { tools: [refund] })
  await agent.run('Hello', { onApproval: () => ({ decision: 'reject' }) })
  const waits = await kit.metric('durable_agent.approval.wait')
  expect(waits?.dataPoints).toMatchObject([
    { attributes: { 'durable_agent.approval.decision': 'reject' }, value: { count: 1 } },
  ])
  expect(kit.span('invoke_agent Finder').events.map(({ name }) => name)).toEqual([
    'durable_agent.approval.requested',
    'durable_agent.approval.decided',
  ])
})
