import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { createTextMessage } from '../../src/core/messages.js'
import type { ChatClient, ChatEvent } from '../../src/model/chat-client.js'
import { withRetry } from '../../src/model/with-retry.js'
import { withTelemetry } from '../../src/model/with-telemetry.js'
import { TelemetryKit } from '../support/telemetry.js'

const kit = new TelemetryKit()
afterEach(() => {
  vi.unstubAllEnvs()
  expect(kit.complaints).toEqual([])
})

const completed: ChatEvent = {
  type: 'completed',
  message: createTextMessage('assistant', 'Sunny, says the secret answer.'),
  usage: { inputTokens: 30, outputTokens: 7, totalTokens: 37, cachedInputTokens: 20, reasoningTokens: 3 },
  finishReason: 'stop',
  model: 'large-2',
  responseId: 'resp-1',
}
const request = {
  messages: [
    createTextMessage('system', 'A secret instruction.'),
    createTextMessage('user', 'A secret question?'),
  ],
  temperature: 0.5,
  topP: 0.9,
  maxOutputTokens: 100,
}
const refused = new AgentError('rate_limited', 'The model is busy.', { retryable: true })

/** A client that streams these events, and fails where one of them is an error. */
function createClient(...calls: readonly (readonly (ChatEvent | Error)[])[]): ChatClient {
  let next = 0
  return {
    model: 'large',
    provider: 'openai',
    async *stream() {
      for (const event of calls[next++] ?? [completed]) {
        if (event instanceof Error) throw event
        yield event
      }
    },
  }
}

async function read(client: ChatClient, signal?: AbortSignal): Promise<readonly ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of client.stream(request, { signal })) events.push(event)
  return events
}

test('a call is a span with what was asked for, and what came of it', async () => {
  const events: readonly ChatEvent[] = [{ type: 'text', text: 'Sun' }, completed]
  expect(await read(withTelemetry(createClient(events)))).toEqual(events)
  const span = kit.span('chat large')
  expect(span.kind).toBe(SpanKind.CLIENT)
  expect(span.status.code).toBe(SpanStatusCode.UNSET)
  expect(span.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'large',
    'gen_ai.request.stream': true,
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.max_tokens': 100,
    'gen_ai.response.model': 'large-2',
    'gen_ai.response.id': 'resp-1',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'gen_ai.usage.input_tokens': 30,
    'gen_ai.usage.output_tokens': 7,
    'gen_ai.usage.cache_read.input_tokens': 20,
    'gen_ai.usage.reasoning.output_tokens': 3,
  })
})

test('durations and tokens are measured with the bounds of the conventions', async () => {
  await read(withTelemetry(createClient([completed])))
  const duration = await kit.metric('gen_ai.client.operation.duration')
  const tokens = await kit.metric('gen_ai.client.token.usage')
  expect(duration?.descriptor.unit).toBe('s')
  expect(tokens?.descriptor.unit).toBe('{token}')
  const answered = tokens?.dataPoints.filter(
    ({ attributes }) => attributes['gen_ai.response.model'] === 'large-2',
  )
  expect(answered?.map(({ attributes }) => attributes['gen_ai.token.type']).sort()).toEqual([
    'input',
    'output',
  ])
  expect(tokens?.dataPoints[0]?.value).toMatchObject({
    buckets: { boundaries: expect.arrayContaining([4, 67_108_864]) },
  })
  expect(duration?.dataPoints[0]?.value).toMatchObject({
    buckets: { boundaries: expect.arrayContaining([0.01, 81.92]) },
  })
})

test('a call that fails names our code, and what we say of it', async () => {
  await expect(read(withTelemetry(createClient([refused])))).rejects.toThrow(refused)
  const { attributes, status } = kit.span('chat large')
  expect(attributes['error.type']).toBe('rate_limited')
  expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'The model is busy.' })
  const duration = await kit.metric('gen_ai.client.operation.duration')
  expect(duration?.dataPoints.map((point) => point.attributes['error.type'])).toContain('rate_limited')
})

test('what somebody else threw is named, and not quoted', async () => {
  const foreign = new TypeError('Authorization: Bearer sk-secret')
  await expect(read(withTelemetry(createClient([foreign])))).rejects.toThrow(foreign)
  expect(kit.span('chat large').attributes['error.type']).toBe('TypeError')
  expect(kit.text).not.toContain('sk-secret')
})

test('an error whose name is a text is told as any other', async () => {
  const wordy = Object.assign(new Error('no'), { name: 'Refused sk-secret of ann@example.com' })
  await expect(read(withTelemetry(createClient([wordy])))).rejects.toThrow(wordy)
  expect(kit.span('chat large').attributes['error.type']).toBe('_OTHER')
})

test('attempts of one call are one span, which counts them', async () => {
  const retrying = withRetry(createClient([refused], [refused], [completed]), {
    sleep: async () => {},
    random: () => 0,
  })
  await read(withTelemetry(retrying))
  const { attributes, events } = kit.span('chat large')
  expect(attributes['durable_agent.chat.retries']).toBe(2)
  expect(events.map(({ name }) => name)).toEqual(['durable_agent.chat.retry', 'durable_agent.chat.retry'])
  expect(events[1]?.attributes).toEqual({ 'error.type': 'rate_limited', 'durable_agent.chat.retry.delay': 1 })
})

test('of wrappers around wrappers the outermost counts', async () => {
  await read(withTelemetry(withRetry(withTelemetry(createClient([completed])))))
  expect(kit.names).toEqual(['chat large'])
})

test('one who leaves in the middle ends the span, once', async () => {
  const client = withTelemetry(createClient([{ type: 'text', text: 'Sun' }, completed]))
  for await (const _ of client.stream(request)) break
  expect(kit.names).toEqual(['chat large'])
})

test('one who aborts ends the span as failed', async () => {
  const stop = new AbortController()
  const client = withTelemetry(createClient([{ type: 'text', text: 'Sun' }, completed]))
  for await (const _ of client.stream(request, { signal: stop.signal })) {
    stop.abort(new AgentError('run_cancelled', 'Enough.'))
    break
  }
  expect(kit.span('chat large').attributes['error.type']).toBe('run_cancelled')
})

test('what the client itself begins is found below the call', async () => {
  const client: ChatClient = {
    model: 'large',
    async *stream() {
      await Promise.resolve()
      trace.getTracer('http').startSpan('POST').end()
      yield { type: 'text', text: 'Sun' }
      trace.getTracer('http').startSpan('GET').end()
      yield completed
    },
  }
  await read(withTelemetry(client))
  expect(kit.below(kit.span('chat large').spanContext())).toEqual(['POST', 'GET'])
})

test('what is said is told to nobody, unless that is asked for', async () => {
  await read(withTelemetry(createClient([{ type: 'text', text: 'secret' }, completed])))
  expect(kit.text).not.toMatch(/secret/)
})

test.each([
  ['an option', () => withTelemetry(createClient([completed]), { captureContent: true })],
  [
    'an option of a wrapper further in',
    () => withTelemetry(withTelemetry(createClient([completed]), { captureContent: true })),
  ],
  [
    'the environment',
    () => {
      vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true')
      return withTelemetry(createClient([completed]))
    },
  ],
])('%s has it told in the form of the conventions', async (_who, create) => {
  await read(create())
  const { attributes } = kit.span('chat large')
  expect(JSON.parse(String(attributes['gen_ai.system_instructions']))).toEqual([
    { type: 'text', content: 'A secret instruction.' },
  ])
  expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'A secret question?' }] },
  ])
  expect(JSON.parse(String(attributes['gen_ai.output.messages']))).toEqual([
    {
      role: 'assistant',
      parts: [{ type: 'text', content: 'Sunny, says the secret answer.' }],
      finish_reason: 'stop',
    },
  ])
})

test('an option overrules the environment', async () => {
  vi.stubEnv('OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'true')
  await read(withTelemetry(createClient([completed]), { captureContent: false }))
  expect(kit.text).not.toMatch(/secret/)
})

test('a client that can come back for answers still can', async () => {
  const cancel = vi.fn(async () => {})
  await withTelemetry({ ...createClient(), cancel }).cancel?.('token')
  expect(cancel).toHaveBeenCalledWith('token')
  expect(withTelemetry(createClient()).cancel).toBeUndefined()
})

test('refuses an option that there is not', () => {
  expect(() => withTelemetry(createClient(), { capture: true } as object)).toThrow(
    'withTelemetry has no option "capture"',
  )
})

test('without a provider the client itself answers', () => {
  kit.remove()
  try {
    const client = createClient([completed])
    const stream = client.stream(request)
    const wrapped = withTelemetry({ ...client, stream: () => stream })
    expect(wrapped.stream(request)).toBe(stream)
  } finally {
    kit.register()
  }
})
