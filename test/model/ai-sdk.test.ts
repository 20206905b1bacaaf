import { inspect } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  EmptyResponseBodyError,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Content,
  type LanguageModelV4StreamPart,
  LoadAPIKeyError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider'
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { Agent } from '../../src/agent/agent.js'
import { tool } from '../../src/agent/tools/tool.js'
import { type ChatMessage, createTextMessage } from '../../src/core/messages.js'
import { type AISDKChatClientOptions, createAISDKChatClient } from '../../src/model/ai-sdk.js'
import { withRetry } from '../../src/model/with-retry.js'
import { startChatCompletionsServer } from '../support/chat-completions-server.js'
import type { Rule, Step } from '../support/chat-completions-server-steps.js'
import { ask, askAndFail, collect, createRequest, joinDeltas, readAnswer, weatherTool } from './ask.js'

const apiKey = 'sk-secret-0123456789'

/** A provider of the AI SDK, and the server that it talks to. */
async function start(script: readonly Step[] | Rule, options: AISDKChatClientOptions = {}) {
  const server = await startChatCompletionsServer({ script })
  onTestFinished(() => server.close())
  const provider = createOpenAICompatible({
    name: 'local',
    baseURL: server.url,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
  return { server, client: createAISDKChatClient(provider.chatModel('test-model'), options) }
}

const usage = {
  inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}

const finish = { type: 'finish', usage, finishReason: { unified: 'stop', raw: 'stop' } } as const

/** A model that says the parts, and the call options that it was given. */
function mock(...answers: (readonly LanguageModelV4StreamPart[])[]) {
  const calls: LanguageModelV4CallOptions[] = []
  const model = new MockLanguageModelV4({
    modelId: 'mock',
    doStream: async (options) => {
      calls.push(options)
      return { stream: convertArrayToReadableStream([...(answers[calls.length - 1] ?? [finish])]) }
    },
  })
  return { client: createAISDKChatClient(model), calls }
}

function failWith(error: unknown) {
  const doStream = async () => {
    throw error
  }
  return askAndFail(createAISDKChatClient(new MockLanguageModelV4({ doStream })))
}

describe.each([{ stream: true }, { stream: false }])('over HTTP, with stream: $stream', ({ stream }) => {
  test('gives text, reasoning, usage and the model of an answer', async () => {
    const counts = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
    const { client, server } = await start(
      [{ reasoning: 'Let me see.', text: 'Hello 👋 you', usage: counts }],
      {
        stream,
      },
    )
    const events = await collect(client, createRequest('Hello'))
    expect(joinDeltas(events, 'text')).toBe('Hello 👋 you')
    expect(joinDeltas(events, 'reasoning')).toBe('Let me see.')
    expect(readAnswer(events)).toMatchObject({
      message: { contents: expect.arrayContaining([{ type: 'text', text: 'Hello 👋 you' }]) },
      usage: { inputTokens: 7, outputTokens: 5, totalTokens: 12 },
      finishReason: 'stop',
      model: 'test-model',
    })
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`)
  })

  test('calls tools side by side, and reads their results', async () => {
    const toolCalls = [
      { name: 'get_weather', arguments: { location: 'Paris' }, id: 'call_a' },
      { name: 'get_weather', arguments: { location: 'Rome' }, id: 'call_b' },
    ]
    const { client, server } = await start([{ toolCalls }, { text: 'Sunny.' }], { stream })
    const getWeather = tool({
      name: 'get_weather',
      description: 'Gets the weather.',
      parameters: z.object({ location: z.string() }),
      execute: ({ location }) => {
        if (location === 'Rome') throw new Error('no such place')
        return { location, conditions: 'sunny' }
      },
    })
    const agent = new Agent({ name: 'Weather', instructions: 'Be brief.', client, tools: [getWeather] })
    expect((await agent.run('Weather?')).text).toBe('Sunny.')
    expect(server.requests[1]?.body.messages).toMatchObject([
      { role: 'system', content: 'Be brief.' },
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call_a' }, { id: 'call_b' }] },
      { role: 'tool', tool_call_id: 'call_a', content: expect.stringContaining('sunny') },
      { role: 'tool', tool_call_id: 'call_b', content: expect.stringContaining('no such place') },
    ])
  })

  test('holds the model to a schema', async () => {
    const { client, server } = await start([{ text: '{"grade":7}' }], { stream })
    const agent = new Agent({ name: 'Grader', client })
    const { value } = await agent.run('Grade', { responseFormat: z.object({ grade: z.number() }) })
    expect(value).toEqual({ grade: 7 })
    expect(server.requests[0]?.body.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: { properties: { grade: { type: 'number' } } } },
    })
  })

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
  ])('ends with %s as %s', async (finishReason, expected) => {
    const { client } = await start([{ text: 'It is', finishReason }], { stream })
    expect((await ask(client, 'Hello')).finishReason).toBe(expected)
  })

  test('says whether a failure is worth repeating, and keeps keys and prompts out of it', async () => {
    const leak = { error: { message: `Bad key ${apiKey}`, code: 'invalid_api_key' } }
    const steps: Step[] = [
      { error: { status: 429, headers: { 'retry-after': '7' } } },
      { error: { status: 503 } },
      { error: { status: 401, body: leak } },
      { error: { status: 400 } },
      { notJson: '<html>' },
    ]
    const { client } = await start(steps, { stream })
    expect(await askAndFail(client)).toMatchObject({ code: 'rate_limited', retryAfterMs: 7000 })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: true })
    const refused = await askAndFail(client)
    expect(refused).toMatchObject({ code: 'model_error', retryable: false })
    expect(refused.message).toContain('401 (invalid_api_key, request req_3)')
    expect(inspect(refused, { depth: 9 })).not.toContain(apiKey)
    expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: false })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: true })
  })

  test('ends at once when the caller aborts, with the reason', async () => {
    const caller = new AbortController()
    const reason = new Error('no longer wanted')
    const script = () => {
      caller.abort(reason)
      return { text: 'Hello', delayMs: 5_000 }
    }
    const { client } = await start(script, { stream })
    const call = collect(client, createRequest('Hello'), { signal: caller.signal })
    await expect(call).rejects.toBe(reason)
  })
})

test('a stream that breaks off is repeated from its beginning', async () => {
  const { client } = await start([{ text: 'Hello there', hangUpAfterChunks: 4 }, { text: 'Hello again' }])
  const events = await collect(withRetry(client, { sleep: async () => {} }), createRequest('Hello'))
  expect(joinDeltas(events, 'text')).toBe('Hello again')
})

test('a stream that falls silent times out', async () => {
  const { client } = await start([{ text: 'Hello there', holdAfterChunks: 3 }], { timeoutMs: 60 })
  expect(await askAndFail(client)).toMatchObject({ code: 'model_timeout', retryable: true })
})

test('sends settings, tools and images to the server', async () => {
  const { client, server } = await start([{ text: 'Seen.' }])
  await ask(client, {
    messages: [
      {
        role: 'user',
        contents: [
          { type: 'text', text: 'Look' },
          { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/png' },
          { type: 'data', uri: 'data:image/png;base64,aGk=' },
        ],
      },
    ],
    tools: [weatherTool],
    toolChoice: { name: 'get_weather' },
    temperature: 0.5,
    topP: 0.9,
    maxOutputTokens: 100,
    providerOptions: { local: { user: 'ann' } },
  })
  expect(server.requests[0]?.body).toMatchObject({
    messages: [
      {
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
        ],
      },
    ],
    tools: [{ function: { name: 'get_weather', parameters: weatherTool.parameters } }],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 100,
    user: 'ann',
  })
})

describe('what a provider gives with its parts', () => {
  const signature = { anthropic: { signature: 'abc' } }
  const search = {
    call: {
      type: 'tool-call',
      toolCallId: 's1',
      toolName: 'search',
      input: '{"q":"x"}',
      providerExecuted: true,
    },
    result: { type: 'tool-result', toolCallId: 's1', toolName: 'search', result: [{ title: 'X' }] },
  } as const
  const parts: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'reasoning-start', id: '0' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
    { type: 'reasoning-end', id: '0', providerMetadata: signature },
    search.call,
    search.result,
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'It is ' },
    { type: 'text-delta', id: '1', delta: 'X.' },
    { type: 'text-end', id: '1' },
    { type: 'tool-input-start', id: 'c1', toolName: 'note' },
    {
      type: 'tool-call',
      toolCallId: 'c1',
      toolName: 'note',
      input: '',
      providerMetadata: { google: { s: 1 } },
    },
    { ...finish, finishReason: { unified: 'tool-calls', raw: 'tool_use' } },
  ]
  const question = createTextMessage('user', 'What is it?')

  test('is given back with them, after a way through storage', async () => {
    const { client, calls } = mock(parts)
    const answer = await ask(client, { messages: [question] })
    expect(answer.finishReason).toBe('tool_calls')
    expect(answer.message.contents.map(({ type }) => type)).toEqual([
      'reasoning',
      'provider',
      'provider',
      'text',
      'functionCall',
    ])
    const stored: ChatMessage = JSON.parse(JSON.stringify(answer.message))
    const result: ChatMessage = {
      role: 'tool',
      contents: [{ type: 'functionResult', callId: 'c1', error: 'full' }],
    }
    await ask(client, { messages: [question, stored, result] })
    expect(calls[1]?.prompt.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', providerOptions: signature },
          {
            type: 'tool-call',
            toolCallId: 's1',
            toolName: 'search',
            input: { q: 'x' },
            providerExecuted: true,
          },
          {
            type: 'tool-result',
            toolCallId: 's1',
            toolName: 'search',
            output: { type: 'json', value: [{ title: 'X' }] },
          },
          { type: 'text', text: 'It is X.' },
          {
            type: 'tool-call',
            toolCallId: 'c1',
            toolName: 'note',
            input: {},
            providerOptions: { google: { s: 1 } },
          },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c1',
            toolName: 'note',
            output: { type: 'error-text', value: 'full' },
          },
        ],
      },
    ])
  })

  test('is the same from a whole result as from a stream', async () => {
    const content: LanguageModelV4Content[] = [
      { type: 'reasoning', text: 'Hm', providerMetadata: signature },
      search.call,
      search.result,
      { type: 'text', text: 'It is X.' },
      {
        type: 'tool-call',
        toolCallId: 'c1',
        toolName: 'note',
        input: '',
        providerMetadata: { google: { s: 1 } },
      },
    ]
    const doGenerate = { content, usage, finishReason: finish.finishReason, warnings: [] }
    const model = new MockLanguageModelV4({ modelId: 'mock', doGenerate })
    const whole = await ask(createAISDKChatClient(model, { stream: false }), { messages: [question] })
    expect(whole).toEqual(await ask(mock(parts).client, { messages: [question] }))
  })

  test('counts from wherever it came, the latest first', async () => {
    const { client } = mock([
      { type: 'reasoning-start', id: '0', providerMetadata: { anthropic: { redacted: 'a' } } },
      { type: 'reasoning-delta', id: '0', delta: 'Hm', providerMetadata: signature },
      { type: 'reasoning-end', id: '0' },
      { type: 'text-start', id: '0', providerMetadata: { google: { s: 2 } } },
      { type: 'text-delta', id: '0', delta: 'Hi' },
      { type: 'text-end', id: '0' },
      finish,
    ])
    expect((await ask(client, 'Hello')).message.contents).toEqual([
      { type: 'reasoning', text: 'Hm', providerData: signature },
      { type: 'text', text: 'Hi', providerData: { google: { s: 2 } } },
    ])
  })

  test('a picture becomes part of the conversation', async () => {
    const data = { type: 'data', data: new Uint8Array([104, 105]) } as const
    const { client } = mock([{ type: 'file', mediaType: 'image/png', data }, finish])
    expect((await ask(client, 'Draw')).message.contents).toEqual([
      { type: 'data', uri: 'data:image/png;base64,aGk=', mediaType: 'image/png' },
    ])
  })
})

describe('an answer that does not end well', () => {
  const unified = (reason: 'error' | 'interrupted' | 'tool-calls') =>
    ({ ...finish, finishReason: { unified: reason, raw: undefined } }) as const

  test.each([
    ['without an end', []],
    ['with an error as its reason', [unified('error')]],
    ['interrupted', [unified('interrupted')]],
    ['with tool calls that are none', [unified('tool-calls')]],
  ])('%s is a failure worth repeating', async (_name, parts) => {
    expect(await askAndFail(mock(parts).client)).toMatchObject({ code: 'model_error', retryable: true })
  })

  test('an error in the stream is that of the call', async () => {
    const call = { url: 'x', requestBodyValues: {}, message: 'secret' }
    const error = new APICallError({ ...call, statusCode: 529, isRetryable: true })
    const failed = await askAndFail(mock([{ type: 'error', error }]).client)
    expect(failed).toMatchObject({ code: 'model_error', retryable: true })
    expect(inspect(failed)).not.toContain('secret')
  })

  test.each([
    [new LoadAPIKeyError({ message: 'secret' }), 'invalid_configuration', false],
    [new UnsupportedFunctionalityError({ functionality: 'audio' }), 'model_error', false],
    [new EmptyResponseBodyError(), 'model_error', true],
    [new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }), 'model_error', true],
  ])('%s is a %s, retryable: %s', async (error, code, retryable) => {
    expect(await failWith(error)).toMatchObject({ code, retryable })
  })

  test('the provider has the last word on whether to repeat', async () => {
    const call = { url: 'x', requestBodyValues: {}, message: 'm' }
    const error = new APICallError({ ...call, statusCode: 500, isRetryable: false })
    expect(await failWith(error)).toMatchObject({ retryable: false })
  })
})

test('models with the interface of another release are refused by name', () => {
  const model = { ...new MockLanguageModelV4(), specificationVersion: 'v2', provider: 'old' }
  expect(() => createAISDKChatClient(model as never)).toThrow(/"old" has interface v2/)
})

test.each([['openai/gpt-5.4'], [undefined], [{}]])('what is no model is refused: %j', (given) => {
  expect(() => createAISDKChatClient(given as never)).toThrow(
    'takes a model that a provider of the AI SDK gives',
  )
})

describe.each(['length', 'content-filter'] as const)('of an answer that was cut off by %s', (unified) => {
  const end = { ...finish, finishReason: { unified, raw: unified } } as const
  const call = (input: string) =>
    ({ type: 'tool-call', toolCallId: 'a', toolName: 'get_weather', input }) as const

  test.each(['', ' ', '{"location": "Par', 'null'])(
    'a call with the arguments %j is left out',
    async (input) => {
      const { message } = await ask(mock([call(input), end]).client, 'Weather?')
      expect(message.contents).toEqual([])
    },
  )

  test('a call that came whole is kept', async () => {
    const { message } = await ask(mock([call('{"location":"Paris"}'), call(''), end]).client, 'Weather?')
    expect(message.contents).toMatchObject([{ type: 'functionCall', arguments: { location: 'Paris' } }])
  })
})
