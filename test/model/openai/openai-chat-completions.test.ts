import { inspect } from 'node:util'
import { OpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type ChatMessage, createTextMessage, type FunctionCallContent } from '../../../src/core/messages.js'
import type { ChatClient, ChatRequest } from '../../../src/model/chat-client.js'
import {
  createOpenAIChatClient,
  type OpenAIChatClientOptions,
} from '../../../src/model/openai/openai-chat-completions.js'
import {
  type ChatCompletionsServer,
  startChatCompletionsServer,
} from '../../support/chat-completions-server.js'
import type { Rule, Step } from '../../support/chat-completions-server-steps.js'
import { ask, askAndFail, collect, createRequest, joinDeltas, readAnswer, weatherTool } from '../ask.js'

const apiKey = 'sk-secret-0123456789'

async function start(script: readonly Step[] | Rule, options: Partial<OpenAIChatClientOptions> = {}) {
  const server = await startChatCompletionsServer({ script })
  onTestFinished(() => server.close())
  return { server, client: connect(server, options) }
}

function connect(server: ChatCompletionsServer, options: Partial<OpenAIChatClientOptions>) {
  return createOpenAIChatClient({ model: 'test-model', apiKey, baseUrl: server.url, ...options })
}

describe.each([{ stream: true }, { stream: false }])('with stream: $stream', ({ stream }) => {
  test('gives the text, the usage and the model of an answer', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 13 }
    const { client, server } = await start([{ text: 'Hello to you 👋 all', usage }], { stream })
    const events = await collect(client, createRequest('Hello'))
    expect(joinDeltas(events, 'text')).toBe('Hello to you 👋 all')
    expect(events.map(({ type }) => type)).toEqual(['text', 'completed'])
    expect(readAnswer(events)).toEqual({
      message: { role: 'assistant', contents: [{ type: 'text', text: 'Hello to you 👋 all' }] },
      responseId: 'chatcmpl-1',
      usage: { inputTokens: 7, outputTokens: 5, totalTokens: 13 },
      finishReason: 'stop',
      model: 'test-model',
    })
    expect(server.requests[0]?.body.stream).toBe(stream)
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`)
  })

  test('gives parallel tool calls with arguments that came in pieces', async () => {
    const toolCalls = [
      { name: 'get_weather', arguments: { location: 'Paris' }, id: 'call_a' },
      { name: 'get_weather', arguments: { location: 'São Paulo' }, id: 'call_b' },
      { name: 'now', arguments: '' },
    ]
    const { client } = await start([{ text: 'Let me look.', toolCalls }], { stream })
    const { message, finishReason } = await ask(client, 'Weather?')
    expect(finishReason).toBe('tool_calls')
    expect(message.contents).toEqual([
      { type: 'text', text: 'Let me look.' },
      { type: 'functionCall', callId: 'call_a', name: 'get_weather', arguments: { location: 'Paris' } },
      { type: 'functionCall', callId: 'call_b', name: 'get_weather', arguments: { location: 'São Paulo' } },
      { type: 'functionCall', callId: 'call_1_2', name: 'now', arguments: {} },
    ])
  })

  test('makes ids for tool calls without one: different in one answer, the same for the same conversation', async () => {
    const call = { name: 'now', arguments: {}, id: null }
    const { client } = await start(() => ({ toolCalls: [call, call] }), { stream })
    const first = readCallIds(await ask(client, 'Time?'))
    expect(new Set(first).size).toBe(2)
    expect(readCallIds(await ask(client, 'Time?'))).toEqual(first)
    expect(readCallIds(await ask(client, 'And now?'))).not.toEqual(first)
  })

  test.each([' ', 'null'])('reads %j as no arguments', async (text) => {
    const { client } = await start([{ toolCalls: [{ name: 'now', arguments: text }] }], { stream })
    const { message } = await ask(client, 'Time?')
    expect(message.contents).toEqual([expect.objectContaining({ arguments: {} })])
  })

  test.each(['{"location": "Par', 'Paris', '"Paris"', '["Paris"]'])(
    'keeps arguments that are no object: %s',
    async (text) => {
      const { client } = await start([{ toolCalls: [{ name: 'get_weather', arguments: text }] }], { stream })
      const { message } = await ask(client, 'Weather?')
      expect(message.contents).toMatchObject([{ arguments: text }])
    },
  )

  test('gives a refusal as error content and not as text', async () => {
    const { client } = await start([{ refusal: 'I cannot help with that.' }], { stream })
    const events = await collect(client, createRequest('Hello'))
    expect(joinDeltas(events, 'text')).toBe('')
    expect(readAnswer(events).message.contents).toEqual([
      { type: 'error', errorCode: 'refusal', message: 'I cannot help with that.' },
    ])
  })

  test.each(['reasoning_content', 'reasoning'] as const)(
    'reads reasoning from %s',
    async (reasoningMember) => {
      const { client } = await start([{ reasoning: 'Two and two', reasoningMember, text: '4' }], { stream })
      const events = await collect(client, createRequest('2 + 2?'))
      expect(joinDeltas(events, 'reasoning')).toBe('Two and two')
      expect(readAnswer(events).message.contents).toEqual([
        { type: 'reasoning', text: 'Two and two' },
        { type: 'text', text: '4' },
      ])
    },
  )

  test('counts no tokens when the server sends no usage', async () => {
    const { client } = await start([{ text: 'Hi', usage: null }], { stream })
    expect((await ask(client, 'Hello')).usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0 })
  })

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['eos', 'stop'],
  ])('turns the finish reason %s into %s', async (finishReason, expected) => {
    const { client } = await start([{ text: 'Hi', finishReason }], { stream })
    expect((await ask(client, 'Hello')).finishReason).toBe(expected)
  })

  test('says that it stopped for tool calls when a forced call ends with "stop"', async () => {
    const step = { toolCalls: [{ name: 'now', arguments: {} }], finishReason: 'stop' }
    const { client } = await start([step], { stream })
    expect((await ask(client, 'Time?')).finishReason).toBe('tool_calls')
  })

  test('fails retryably on an answer without a finish reason', async () => {
    const { client } = await start([{ text: 'Hi', finishReason: null }], { stream })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: true })
  })

  test('does not ask for several answers', async () => {
    const { client, server } = await start([{ text: 'Hi' }], { stream })
    const request = { messages: [createTextMessage('user', 'Hi')], providerOptions: { n: 2 } }
    expect(await askAndFail(client, request)).toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('providerOptions.n must be 1'),
    })
    expect(server.requests).toHaveLength(0)
  })

  test('fails retryably on a page instead of an answer', async () => {
    const { client } = await start([{ notJson: '<html>Sign in to the hotel network</html>' }], { stream })
    const error = await askAndFail(client)
    expect(error).toMatchObject({ code: 'model_error', retryable: true })
    expect(inspect(error)).not.toContain('hotel')
  })

  test('fails with model_timeout when the server is silent', async () => {
    const { client } = await start([{ delayMs: 10_000, text: 'late' }], { stream, timeoutMs: 40 })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_timeout', retryable: true })
  })
})

describe('reasoning that led to tool calls', () => {
  const calling = (reasoningMember: 'reasoning_content' | 'reasoning') => ({
    reasoning: 'Let me look.',
    reasoningMember,
    toolCalls: [{ name: 'get_weather', arguments: { location: 'Oslo' }, id: 'a' }],
  })

  /** The request that brings the results of an answer's calls, after a way through storage. */
  async function toNext(client: ChatClient): Promise<ChatRequest> {
    const { message } = await ask(client, 'Weather?')
    const result: ChatMessage = {
      role: 'tool',
      contents: [{ type: 'functionResult', callId: 'a', result: 'Rain' }],
    }
    const messages = JSON.parse(JSON.stringify([createTextMessage('user', 'Weather?'), message, result]))
    return { messages, tools: [weatherTool] }
  }

  test.each(['reasoning_content', 'reasoning'] as const)('goes back as the %s it was', async (member) => {
    const { client, server } = await start([calling(member), { text: 'Rain.' }])
    await ask(client, await toNext(client))
    expect(server.requests[1]?.body.messages[1]).toEqual({
      role: 'assistant',
      content: null,
      [member]: 'Let me look.',
      tool_calls: [expect.objectContaining({ id: 'a' })],
    })
  })

  test('goes to no other model', async () => {
    const { client, server } = await start([calling('reasoning_content'), { text: 'Rain.' }])
    const next = await toNext(client)
    await ask(connect(server, { model: 'other-model' }), next)
    expect(server.requests[1]?.body.messages[1]).not.toHaveProperty('reasoning_content')
  })

  test('is left out for a server that does not take it, from then on', async () => {
    const strict: Rule = ({ messages }) => {
      if (messages.some((message) => 'reasoning_content' in message)) return { error: { status: 400 } }
      return messages.length === 1 ? calling('reasoning_content') : { text: 'Rain.' }
    }
    const { client, server } = await start(strict)
    const next = await toNext(client)
    for (let call = 0; call < 2; call++) {
      expect((await ask(client, next)).message.contents).toEqual([{ type: 'text', text: 'Rain.' }])
    }
    expect(server.requests).toHaveLength(4)
  })

  test('is not given up for a request that is refused for something else', async () => {
    const { client, server } = await start(({ messages, tools }) => {
      if (messages.length === 1) return calling('reasoning_content')
      return tools === undefined ? { text: 'Rain.' } : { error: { status: 400 } }
    })
    const { messages, tools } = await toNext(client)
    expect(await askAndFail(client, { messages, tools })).toMatchObject({ retryable: false })
    await ask(client, { messages })
    expect(server.requests.at(-1)?.body.messages[1]).toHaveProperty('reasoning_content')
  })
})

test('emits a delta for each chunk that a client of the package gives', async () => {
  const server = await startChatCompletionsServer({ script: [{ text: 'one two three', holdAfterChunks: 3 }] })
  onTestFinished(() => server.close())
  const client = connect(server, { client: new OpenAI({ apiKey, baseURL: server.url }) })
  const events = client.stream(createRequest('Count'))[Symbol.asyncIterator]()
  expect((await events.next()).value).toEqual({ type: 'text', text: 'on' })
  expect((await events.next()).value).toEqual({ type: 'text', text: 'e ' })
  await events.return?.()
})

test('ends the request when its consumer stops reading', async () => {
  const { client, server } = await start([{ text: 'one two three', holdAfterChunks: 2 }])
  for await (const _ of client.stream(createRequest('Count'))) break
  expect(await server.requests[0]?.finished).toBe(false)
})

test('abort in the middle of a stream throws the reason and ends the request at the server', async () => {
  const { client, server } = await start([{ text: 'one two three', holdAfterChunks: 2 }])
  const controller = new AbortController()
  const reason = new Error('The user pressed stop.')
  const reading = (async () => {
    for await (const _ of client.stream(createRequest('Count'), { signal: controller.signal }))
      controller.abort(reason)
  })()
  await expect(reading).rejects.toBe(reason)
  expect(await server.requests[0]?.finished).toBe(false)
})

test('abort before the answer begins throws the reason and ends the request at the server', async () => {
  const controller = new AbortController()
  const reason = new Error('The user pressed stop.')
  const { client, server } = await start(() => {
    controller.abort(reason)
    return { text: 'late', holdAfterChunks: 0 }
  })
  await expect(collect(client, createRequest('Hello'), controller)).rejects.toBe(reason)
  expect(await server.requests[0]?.finished).toBe(false)
})

test('asks nothing when it is aborted already', async () => {
  const { client, server } = await start([])
  const reason = new Error('The user pressed stop.')
  const signal = AbortSignal.abort(reason)
  await expect(collect(client, createRequest('Hello'), { signal })).rejects.toBe(reason)
  expect(server.requests).toHaveLength(0)
})

test('fails with model_timeout when the server falls silent in the middle of a stream', async () => {
  const { client, server } = await start([{ text: 'one two', holdAfterChunks: 2 }], { timeoutMs: 500 })
  expect(await askAndFail(client)).toMatchObject({ code: 'model_timeout', retryable: true })
  expect(await server.requests[0]?.finished).toBe(false)
})

test('a slow consumer is not taken for a silent server', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const server = await startChatCompletionsServer({ script: [{ text: 'one two three' }], chunkDelayMs: 5 })
  onTestFinished(() => server.close())
  const events = connect(server, {}).stream(createRequest('Count'))[Symbol.asyncIterator]()
  await events.next()
  vi.advanceTimersByTime(3_600_000)
  expect((await events.next()).value).toMatchObject({ type: 'text' })
})

test.each([
  ['a dropped connection', { text: 'one two three', hangUpAfterChunks: 2 }],
  ['a connection dropped before the first chunk', { text: 'one', hangUpAfterChunks: 0 }],
  ['a malformed chunk', { text: 'one two three', malformedChunk: true }],
])('fails retryably on %s', async (_, step) => {
  const { client } = await start([step])
  expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: true })
})

test('fails retryably when no server listens', async () => {
  const server = await startChatCompletionsServer()
  await server.close()
  const error = await askAndFail(connect(server, {}))
  expect(error).toMatchObject({ code: 'model_error', retryable: true })
  expect(error.message).toContain('ECONNREFUSED')
})

test.each([
  [400, 'model_error', false],
  [401, 'model_error', false],
  [403, 'model_error', false],
  [404, 'model_error', false],
  [408, 'model_error', true],
  [409, 'model_error', true],
  [422, 'model_error', false],
  [429, 'rate_limited', true],
  [500, 'model_error', true],
  [503, 'model_error', true],
])('asks once and turns status %i into %s, retryable: %s', async (status, code, retryable) => {
  const { client, server } = await start([{ error: { status } }])
  const error = await askAndFail(client)
  expect(error).toMatchObject({ code, retryable })
  expect(error.message).toContain(`${status} (error_${status}, request req_1)`)
  expect(server.requests).toHaveLength(1)
})

test('an account without money is not worth asking again', async () => {
  const body = {
    error: { message: 'You exceeded your quota', type: 'insufficient_quota', code: 'insufficient_quota' },
  }
  const { client } = await start([{ error: { status: 429, body } }])
  expect(await askAndFail(client)).toMatchObject({ code: 'rate_limited', retryable: false })
})

test.each([
  [
    'an error body that repeats the key',
    { error: { message: `Incorrect API key ${apiKey}`, type: 'oh no', code: `no ${apiKey}` } },
  ],
  ['an error body that is no JSON', `<html>Bearer ${apiKey}</html>`],
])('shows no secret in the error for %s', async (_, body) => {
  const headers = { 'x-request-id': `spoofed ${apiKey}`, 'set-cookie': apiKey }
  const { client } = await start([{ error: { status: 401, headers, body } }], {
    headers: { 'x-team': apiKey },
  })
  const error = await askAndFail(client)
  expect(error.message).toBe('The model server answered 401. Check the API key.')
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(apiKey)
})

test('refuses a key that no header can carry, without repeating it', () => {
  const create = () =>
    createOpenAIChatClient({ model: 'm', apiKey: `${apiKey}\n`.repeat(2), baseUrl: 'http://localhost/' })
  expect(create).toThrow(/^apiKey holds characters that no HTTP header can carry\.$/)
})

test.each(['localhost:11434', 'ftp://host/', 'https://me@host/', 'https://:pw@host/'])(
  'refuses the base URL %s',
  (baseUrl) => {
    expect(() => createOpenAIChatClient({ model: 'm', baseUrl })).toThrow(/^baseUrl must/)
  },
)

test('sends no key to a server for which none was given', async () => {
  const { client, server } = await start([{ text: 'Hi' }], {
    apiKey: undefined,
    headers: { 'x-team': 'blue' },
  })
  await ask(client, 'Hello')
  expect(server.requests[0]?.headers).toMatchObject({ 'x-team': 'blue' })
  expect(server.requests[0]?.headers.authorization).toBeUndefined()
})

test('an abort does not wait for a key that never comes', async () => {
  const controller = new AbortController()
  const reason = new Error('The user pressed stop.')
  const apiKey = () => {
    queueMicrotask(() => controller.abort(reason))
    return new Promise<string>(() => {})
  }
  const { client } = await start([], { apiKey })
  await expect(collect(client, createRequest('Hello'), controller)).rejects.toBe(reason)
})

describe('without options', () => {
  beforeEach(() => void vi.stubEnv('OPENAI_API_KEY', 'from-environment'))
  afterEach(() => void vi.unstubAllEnvs())

  test('takes key and address from the environment', async () => {
    const { server } = await start([{ text: 'Hi' }])
    vi.stubEnv('OPENAI_BASE_URL', server.url)
    await ask(createOpenAIChatClient({ model: 'm' }), 'Hello')
    expect(server.requests[0]?.headers.authorization).toBe('Bearer from-environment')
  })

  test('does not send the key from the environment to another address', async () => {
    const { server } = await start([{ text: 'Hi' }])
    await ask(createOpenAIChatClient({ model: 'm', baseUrl: server.url }), 'Hello')
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  test('fails at once without a key', () => {
    vi.stubEnv('OPENAI_API_KEY', '')
    expect(() => createOpenAIChatClient({ model: 'm' })).toThrow(/OPENAI_API_KEY/)
  })
})

test('asks for a fresh key before every call', async () => {
  let asked = 0
  const { client, server } = await start(() => ({ text: 'Hi' }), { apiKey: async () => `token-${++asked}` })
  await ask(client, 'Hello')
  await ask(client, 'Hello')
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer token-1',
    'Bearer token-2',
  ])
})

test('uses a client of the package as it is, but for its retries', async () => {
  const { server } = await start([{ error: { status: 500 } }, { text: 'Hi' }])
  const client = new OpenAI({ apiKey: 'its-own', baseURL: server.url, maxRetries: 5 })
  expect(await askAndFail(connect(server, { client }))).toMatchObject({ code: 'model_error' })
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer its-own'])
})

test('prints nothing when an answer cannot be read', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => print.mockRestore())
  const { client } = await start([{ text: 'one two', malformedChunk: true }])
  await askAndFail(client)
  expect(print).not.toHaveBeenCalled()
})

test('sends everything that the request says', async () => {
  const { client, server } = await start([{ text: '{}' }])
  await ask(
    client,
    createRequest('Weather?', {
      tools: [{ ...weatherTool, strict: true }],
      toolChoice: { name: 'get_weather' },
      responseFormat: { name: 'report', schema: { type: 'object' }, strict: true },
      temperature: 0,
      topP: 0.5,
      maxOutputTokens: 100,
      providerOptions: { reasoning_effort: 'low', model: 'other', temperature: 2 },
    }),
  )
  expect(server.requests[0]?.body).toEqual({
    model: 'test-model',
    messages: [{ role: 'user', content: 'Weather?' }],
    tools: [{ type: 'function', function: { ...weatherTool, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'report', schema: { type: 'object' }, strict: true },
    },
    temperature: 0,
    top_p: 0.5,
    max_tokens: 100,
    reasoning_effort: 'low',
    stream: true,
    stream_options: { include_usage: true },
  })
})

describe('the limit of an answer', () => {
  const request = createRequest('Hello', { maxOutputTokens: 100 })

  test('has the name that OpenAI has given it, at OpenAI and in Azure', async () => {
    const bodies: string[] = []
    const answer = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] }
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      bodies.push(String(init?.body))
      return Response.json(answer)
    }
    for (const baseUrl of ['https://eu.api.openai.com/v1', 'https://a.openai.azure.com/openai/v1/']) {
      await ask(createOpenAIChatClient({ model: 'm', apiKey, baseUrl, fetch }), request)
    }
    expect(bodies.map((body) => JSON.parse(body).max_completion_tokens)).toEqual([100, 100])
  })

  test('has it for a server that refuses the older one, from then on', async () => {
    const param = 'max_tokens'
    const refusal = { error: { status: 400, body: { error: { code: 'unsupported_parameter', param } } } }
    const { client, server } = await start(({ max_tokens }) =>
      max_tokens === undefined ? { text: 'Hi' } : refusal,
    )
    for (let call = 0; call < 2; call++) await ask(client, request)
    expect(server.requests.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).toEqual([
      [100, undefined],
      [undefined, 100],
      [undefined, 100],
    ])
  })
})

test('leaves out what the request leaves open', async () => {
  const { client, server } = await start([{ text: 'Hi' }], { stream: false })
  await ask(client, createRequest('Hello', { tools: [], toolChoice: 'auto' }))
  expect(server.requests[0]?.body).toEqual({
    model: 'test-model',
    messages: [{ role: 'user', content: 'Hello' }],
    stream: false,
  })
})

function readCallIds({ message }: Awaited<ReturnType<typeof ask>>): string[] {
  const calls = message.contents.filter(
    (content): content is FunctionCallContent => content.type === 'functionCall',
  )
  return calls.map((call) => call.callId)
}
