import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../../src/core/json.js'
import { type ChatMessage, createTextMessage, toFunctionCalls, toText } from '../../../src/core/messages.js'
import type { ChatRequest, ToolDeclaration } from '../../../src/model/chat-client.js'
import { createOfflineChatClient } from '../../../src/model/offline/offline.js'
import { ask, collect, createRequest, joinDeltas, readAnswer, weatherTool } from '../ask.js'

const client = createOfflineChatClient()

function declare(name: string, description: string, properties: JsonObject): ToolDeclaration {
  const parameters = { type: 'object', properties, required: Object.keys(properties) }
  return { name, description, parameters }
}

const addTool = declare('add', 'Adds two numbers', { a: { type: 'number' }, b: { type: 'number' } })
const flightTool = declare('bookFlight', 'Books a flight', {
  from: { type: 'string' },
  to: { type: 'string' },
  cabin: { enum: ['economy', 'business'] },
  seats: { type: 'integer' },
})
const searchTool = declare('search_documents', 'Finds documents', { query: { type: 'string' } })
const mailTool = declare('send_email', 'Sends an email', {
  to: { type: 'string', format: 'email' },
  subject: { type: 'string' },
})
const refundTool = declare('refund_order', 'Refunds an order', { order: { type: 'integer' } })
const ordersTool = declare('list_orders', 'Lists orders', {})
const tools = [addTool, weatherTool, flightTool, searchTool, mailTool, refundTool, ordersTool]

test('names itself as what it is', async () => {
  expect(client.model).toBe('offline-demo')
  expect((await ask(client, 'Hello')).model).toBe('offline-demo')
})

describe('with tools', () => {
  test.each<[string, string, JsonObject[]]>([
    ['What is the weather like in Seattle?', 'get_weather', [{ location: 'Seattle' }]],
    [
      'Compare the weather in Paris and London',
      'get_weather',
      [{ location: 'Paris' }, { location: 'London' }],
    ],
    [
      'Weather for Berlin, Madrid, and Rome?',
      'get_weather',
      [{ location: 'Berlin' }, { location: 'Madrid' }, { location: 'Rome' }],
    ],
    ["How's the weather in New York, NY today?", 'get_weather', [{ location: 'New York, NY' }]],
    ['weather in seattle today please', 'get_weather', [{ location: 'seattle' }]],
    ['Seattle weather?', 'get_weather', [{ location: 'Seattle' }]],
    ['weather for san francisco please', 'get_weather', [{ location: 'san francisco' }]],
    ['weather at 90210', 'get_weather', [{ location: '90210' }]],
    ['WEATHER IN BOSTON', 'get_weather', [{ location: 'BOSTON' }]],
    ['list the orders', 'list_orders', [{}]],
    [
      'Send an email to ann@example.com about "lunch"',
      'send_email',
      [{ to: 'ann@example.com', subject: 'lunch' }],
    ],
    ['Add 2 and -3.5', 'add', [{ a: 2, b: -3.5 }]],
    [
      'Book a business flight from Paris to London for 2',
      'bookFlight',
      [{ from: 'Paris', to: 'London', cabin: 'business', seats: 2 }],
    ],
    ['Search the documents about "open orders"', 'search_documents', [{ query: 'open orders' }]],
    ['search documents about taxes', 'search_documents', [{ query: 'search documents about taxes' }]],
  ])('%s', async (text, name, calls) => {
    const { message, finishReason } = await ask(client, createRequest(text, { tools }))
    expect(toFunctionCalls(message).map((call) => [call.name, call.arguments])).toEqual(
      calls.map((call) => [name, call]),
    )
    expect(finishReason).toBe('tool_calls')
    expect(new Set(toFunctionCalls(message).map((call) => call.callId)).size).toBe(calls.length)
  })

  test.each(['weather', 'What is the weather like?'])(
    'asks for the name that is missing in: %s',
    async (text) => {
      const { message, finishReason } = await ask(client, createRequest(text, { tools }))
      expect(toText(message.contents)).toMatch(/^Tell me the location too\. I am an offline demo model/)
      expect(finishReason).toBe('stop')
    },
  )

  test.each(['Hello there!', 'What do you think of it?'])(
    'calls none that has nothing to do with: %s',
    async (text) => {
      const { message, finishReason } = await ask(client, createRequest(text, { tools }))
      expect(toFunctionCalls(message)).toEqual([])
      expect(finishReason).toBe('stop')
    },
  )

  test.each<[ChatRequest['toolChoice'], string, string | undefined]>([
    ['none', 'Is the weather fine?', undefined],
    ['required', 'Is the weather fine?', 'get_weather'],
    ['required', 'Hello', 'add'],
    [{ name: 'bookFlight' }, 'Is the weather fine?', 'bookFlight'],
  ])('obeys the tool choice %j when asked: %s', async (toolChoice, text, name) => {
    const { message } = await ask(client, createRequest(text, { tools, toolChoice }))
    expect(toFunctionCalls(message)[0]?.name).toBe(name)
  })
})

describe('with tool results', () => {
  test.each<[string, JsonValue, string]>([
    [
      'the weather',
      { location: 'Seattle', temperature: 72, conditions: 'Sunny' },
      'The weather in Seattle is currently 72°F and sunny.',
    ],
    ['text', 'The order is on its way.', 'The order is on its way.'],
    [
      'an object',
      { sum: 5, unit: 'm', parts: [1, 2] },
      'Here is what I found: sum: 5, unit: m, parts: [1,2].',
    ],
    ['a list', ['one', 'two'], 'one; two'],
    ['a number', 42, 'The result is 42.'],
  ])('makes a sentence from %s', async (_, result, sentence) => {
    const answer = await ask(client, { messages: createToolTurn([{ result }]), tools })
    expect(toText(answer.message.contents)).toBe(sentence)
    expect(answer.finishReason).toBe('stop')
  })

  test.each([
    ['places', `Weather in ${'Rome, '.repeat(20_000)}!`],
    ['dots', `Weather in Rome${'.'.repeat(500_000)}Rome`],
    ['letters', `Send an email about "${'a'.repeat(500_000)}" to ann@example.com`],
  ])('calls a few times at the most, and soon, however many %s there are', async (_what, message) => {
    const calls = toFunctionCalls((await ask(client, createRequest(message, { tools }))).message)
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.length).toBeLessThanOrEqual(10)
  })

  test('makes a sentence from each of several, failures included', async () => {
    const paris = { location: 'Paris', temperature: 60.5, conditions: 'Light Rain' }
    const messages = createToolTurn([{ result: paris }, { error: 'no such city' }])
    expect(toText((await ask(client, { messages, tools })).message.contents)).toBe(
      'The weather in Paris is currently 60.5°F and light rain. The tool failed: no such city',
    )
  })

  test('calls a tool again for the next question', async () => {
    const messages = [
      ...createToolTurn([{ result: 'fine' }]),
      createTextMessage('user', 'And the weather in Rome?'),
    ]
    expect(toFunctionCalls((await ask(client, { messages, tools })).message)).toMatchObject([
      { arguments: { location: 'Rome' } },
    ])
  })
})

describe('without tools', () => {
  test.each<[string[], RegExp]>([
    [['Hello'], /"Hello".*offline demo/],
    [['Hello', 'How are you?'], /"How are you\?".*message 2.*"Hello"/],
    [['I like tea', 'What did I say before?'], /^Before that you said: "I like tea"$/],
    [['What did I say before?'], /first thing/],
    [['My name is Zoë.', 'Nice, no?', 'What is my name?'], /^Your name is Zoë\.$/],
    [['My name is Zoë.', 'No, my name is Max.', 'What is my name?'], /^Your name is Max\.$/],
    [['What is my name?'], /not told me/],
  ])('remembers: %j', async (said, expected) => {
    const messages = said.flatMap((text) => [
      createTextMessage('user', text),
      createTextMessage('assistant', '...'),
    ])
    const answer = await ask(client, { messages: messages.slice(0, -1) })
    expect(toText(answer.message.contents)).toMatch(expected)
  })
})

describe('with a response format', () => {
  test.each<[string, z.ZodType]>([
    [
      'plain members',
      z.object({ isSpam: z.boolean(), reason: z.string().min(10), note: z.string().optional() }),
    ],
    [
      'numbers in a range',
      z.object({ score: z.number().min(3).max(5), count: z.int().positive(), low: z.number().max(-4) }),
    ],
    [
      'choices',
      z.object({ kind: z.enum(['a', 'b']), fixed: z.literal(7), either: z.union([z.int(), z.string()]) }),
    ],
    [
      'lists and nesting',
      z.object({ items: z.array(z.object({ id: z.uuid() })).min(2), empty: z.array(z.string()) }),
    ],
    ['formats', z.object({ at: z.iso.datetime(), on: z.iso.date(), mail: z.email(), link: z.url() })],
    ['null', z.object({ nothing: z.null(), maybe: z.string().nullable() })],
  ])('fits %s', async (_, schema) => {
    const format = { name: 'answer', schema: z.toJSONSchema(schema) as JsonObject }
    const answer = await ask(client, createRequest('Hello', { responseFormat: format }))
    expect(() => schema.parse(JSON.parse(toText(answer.message.contents)))).not.toThrow()
  })

  test('ends with schemas that contain themselves', async () => {
    const node = z.object({
      get next() {
        return node.nullable()
      },
      get children() {
        return z.array(node)
      },
    })
    const format = { name: 'answer', schema: z.toJSONSchema(node) as JsonObject }
    const answer = await ask(client, createRequest('Hello', { responseFormat: format }))
    expect(toText(answer.message.contents)).toBe('{"next":null,"children":[]}')
  })

  test.each<JsonObject>([
    { type: 'array', items: { type: 'string' }, minItems: 1e9 },
    { type: 'array', items: { type: 'array', minItems: 1000 }, minItems: 1000 },
    { type: 'string', minLength: 1e9 },
    { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] },
  ])('refuses an answer that would be huge: %j', async (schema) => {
    const request = createRequest('Hello', { responseFormat: { name: 'answer', schema } })
    await expect(ask(client, request)).rejects.toMatchObject({ code: 'model_error' })
  })

  test('follows references', async () => {
    const schema = {
      $defs: { name: { const: 'Ann' } },
      type: 'object',
      properties: { name: { $ref: '#/$defs/name' } },
      required: ['name'],
    }
    const answer = await ask(client, createRequest('Hello', { responseFormat: { name: 'answer', schema } }))
    expect(toText(answer.message.contents)).toBe('{"name":"Ann"}')
  })
})

test('streams word by word what it answers in the end', async () => {
  const events = await collect(client, createRequest('Hello there'))
  expect(events.length).toBeGreaterThan(5)
  expect(joinDeltas(events, 'text')).toBe(toText(readAnswer(events).message.contents))
})

test('gives the same answer to the same request', async () => {
  const request = createRequest('Weather in Rome and Oslo?', { tools })
  expect(await collect(client, request)).toEqual(await collect(createOfflineChatClient(), request))
})

test('counts about four characters as a token', async () => {
  const { usage } = await ask(client, 'x'.repeat(4000))
  expect(usage.inputTokens).toBeGreaterThan(1000)
  expect(usage.inputTokens).toBeLessThan(1020)
  expect(usage.totalTokens).toBe(usage.inputTokens + usage.outputTokens)
})

test('throws the reason of an abort, also between two words', async () => {
  const controller = new AbortController()
  const events = client.stream(createRequest('Hello'), controller)[Symbol.asyncIterator]()
  expect(await events.next()).toMatchObject({ value: { type: 'text' } })
  controller.abort(new Error('stop'))
  await expect(events.next()).rejects.toBe(controller.signal.reason)
})

function createToolTurn(results: readonly { result?: JsonValue; error?: string }[]): ChatMessage[] {
  const calls = results.map((_, index) => ({
    type: 'functionCall' as const,
    callId: `call_${index}`,
    name: 'get_weather',
    arguments: { location: 'Seattle' },
  }))
  return [
    createTextMessage('user', 'What is the weather like in Seattle?'),
    { role: 'assistant', contents: calls },
    ...results.map((outcome, index): ChatMessage => {
      return { role: 'tool', contents: [{ type: 'functionResult', callId: `call_${index}`, ...outcome }] }
    }),
  ]
}
