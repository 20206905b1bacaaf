import { OpenAI } from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startChatCompletionsServer } from '../../support/chat-completions-server.js'
import { findRequestMistake } from '../../support/chat-completions-server-check.js'
import type { RequestMessage } from '../../support/chat-completions-server-steps.js'

const weather = {
  type: 'function',
  function: { name: 'get_weather', parameters: { required: ['city'] } },
} as const
const call = { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{}' } } as const

async function start(options?: Parameters<typeof startChatCompletionsServer>[0]) {
  const server = await startChatCompletionsServer(options)
  onTestFinished(() => server.close())
  const openai = new OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0, logLevel: 'off' })
  return { server, openai }
}

describe('the demo rule', () => {
  test.each<[string, RequestMessage[], object]>([
    ['echoes', [{ role: 'user', content: 'Hello' }], { content: 'You said: Hello' }],
    [
      'asks the weather tool',
      [{ role: 'user', content: [{ type: 'text', text: 'The weather in New York?' }] }],
      { tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"New York"}' } }] },
    ],
    [
      'answers after tool results',
      [
        { role: 'user', content: 'The weather in Seattle?' },
        { role: 'assistant', tool_calls: [call] },
        {
          role: 'tool',
          tool_call_id: 'c1',
          content: '{"location":"Seattle","temperature":72,"conditions":"Sunny"}',
        },
      ],
      { content: 'The weather in Seattle is currently 72°F and sunny.' },
    ],
  ])('%s', async (_, messages, expected) => {
    const { openai } = await start()
    const answer = await openai.chat.completions.create({
      model: 'm',
      messages: messages as never,
      tools: [weather],
    })
    expect(answer.choices[0]?.message).toMatchObject(expected)
  })
})

test('streams what the package itself puts together again', async () => {
  const { openai } = await start({
    script: [{ text: 'Let me see. '.repeat(9), toolCalls: [{ name: 'f', arguments: { a: 'é' } }] }],
  })
  const stream = openai.chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
    stream_options: { include_usage: true },
  })
  const { choices, usage } = await stream.finalChatCompletion()
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: { content: 'Let me see. '.repeat(9) },
  })
  expect(choices[0]?.message.tool_calls).toMatchObject([
    { id: 'call_1_0', function: { name: 'f', arguments: '{"a":"é"}' } },
  ])
  expect(usage?.total_tokens).toBeGreaterThan(20)
})

test('sends as many pieces of text as it is told, with waits between them', async () => {
  const { openai } = await start({ script: [{ text: 'x'.repeat(100) }], chunks: 4, chunkDelayMs: 1 })
  const stream = await openai.chat.completions.create({
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: 'x' }],
  })
  const lengths: number[] = []
  for await (const { choices } of stream)
    if (choices[0]?.delta.content) lengths.push(choices[0].delta.content.length)
  expect(lengths).toEqual([25, 25, 25, 25])
})

test('counts calls by what the user said last, for other processes too', async () => {
  const { openai, server } = await start({ record: false })
  for (const content of ['one', 'two', 'one'])
    await openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }] })
  const stats = await (await fetch(server.url.replace('/v1', '/stats'))).json()
  expect(stats).toEqual({ requests: 3, byKey: { one: 2, two: 1 } })
  expect(server.requests).toEqual([])
})

test('refuses calls for which the script has no step', async () => {
  const { openai } = await start({ script: [] })
  const asking = openai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
  await expect(asking).rejects.toMatchObject({ status: 400 })
})

const user: RequestMessage = { role: 'user', content: 'x' }
const asked: RequestMessage = { role: 'assistant', content: null, tool_calls: [call] }
const result: RequestMessage = { role: 'tool', tool_call_id: 'c1', content: 'x' }

test.each<[string, RequestMessage[], RegExp | undefined]>([
  ['a whole tool turn', [user, asked, result], undefined],
  ['no messages', [], /empty/],
  ['a call without a result', [user, asked], /missing: c1/],
  ['a call without a result before the next message', [user, asked, user], /missing: c1/],
  ['a result without a call', [user, result], /preceding/],
  ['a second result', [user, asked, result, result], /preceding/],
])('judges %s as OpenAI does', (_, messages, expected) => {
  const mistake = findRequestMistake({ model: 'm', messages })
  if (expected === undefined) expect(mistake).toBeUndefined()
  else expect(mistake).toMatch(expected)
})

test('breaks open connections when it is closed', async () => {
  const server = await startChatCompletionsServer({ script: [{ holdAfterChunks: 1 }] })
  const body = JSON.stringify({ model: 'm', messages: [user], stream: true })
  const response = await fetch(`${server.url}/chat/completions`, { method: 'POST', body })
  await server.close()
  await expect(response.text()).rejects.toThrow()
})
