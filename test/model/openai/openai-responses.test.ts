import { inspect } from 'node:util'
import { OpenAI } from 'openai'
import { describe, expect, test } from 'vitest'
import type { ChatMessage } from '../../../src/core/messages.js'
import { createTextMessage } from '../../../src/core/messages.js'
import type { ChatAnswer } from '../../../src/model/chat-client.js'
import { createOpenAIResponsesClient } from '../../../src/model/openai/openai-responses.js'
import { toContents } from '../../../src/model/openai/responses-output.js'
import { ask, askAndFail, collect, createRequest, joinDeltas, readAnswer, weatherTool } from '../ask.js'
import { apiKey, connect, readInput, start } from './responses-kit.js'

/** The conversation after an answer, each of its calls with a result. */
function goOn(before: readonly ChatMessage[], { message }: ChatAnswer, text?: string): ChatMessage[] {
  // As it is stored and read back.
  const stored: ChatMessage = JSON.parse(JSON.stringify(message))
  const contents = stored.contents.flatMap((content) =>
    content.type === 'functionCall'
      ? [{ type: 'functionResult' as const, callId: content.callId, result: { ok: true } }]
      : [],
  )
  const results: ChatMessage[] = contents.length === 0 ? [] : [{ role: 'tool', contents }]
  const question = text === undefined ? [] : [createTextMessage('user', text)]
  return [...before, stored, ...results, ...question]
}

const question = [createTextMessage('system', 'Be brief.'), createTextMessage('user', 'Weather?')]

describe.each([{ stream: true }, { stream: false }])('with stream: $stream', ({ stream }) => {
  test('gives the text, the usage and the model of an answer', async () => {
    const usage = { input_tokens: 7, output_tokens: 5 }
    const { client, server } = await start([{ text: 'Hello to you 👋 all', usage }], { stream })
    const events = await collect(client, createRequest('Hello'))
    expect(joinDeltas(events, 'text')).toBe('Hello to you 👋 all')
    expect(events.map(({ type }) => type)).toEqual(['text', 'completed'])
    expect(readAnswer(events)).toMatchObject({
      message: { role: 'assistant', contents: [{ type: 'text', text: 'Hello to you 👋 all' }] },
      usage: { inputTokens: 7, outputTokens: 5, totalTokens: 12 },
      finishReason: 'stop',
      model: 'test-model-2026-01-01',
    })
    expect(server.requests[0]).toMatchObject({
      path: '/v1/responses',
      body: { model: 'test-model', stream, store: false, include: ['reasoning.encrypted_content'] },
      headers: { authorization: `Bearer ${apiKey}` },
    })
  })

  test('gives parallel calls in the order of the output', async () => {
    const calls = [
      { name: 'get_weather', arguments: { location: 'Paris' }, callId: 'call_a' },
      { name: 'get_weather', arguments: '{"location": "São Paulo"}', callId: 'call_b' },
      { name: 'now', arguments: '' },
      { name: 'now', arguments: 'no JSON' },
    ]
    const { client } = await start([{ text: 'Let me look.', calls }], { stream })
    const { message, finishReason } = await ask(client, 'Weather?')
    expect(finishReason).toBe('tool_calls')
    expect(message.contents).toMatchObject([
      { type: 'text', text: 'Let me look.' },
      { type: 'functionCall', callId: 'call_a', name: 'get_weather', arguments: { location: 'Paris' } },
      { type: 'functionCall', callId: 'call_b', name: 'get_weather', arguments: { location: 'São Paulo' } },
      { type: 'functionCall', callId: 'call_1_2', name: 'now', arguments: {} },
      { type: 'functionCall', callId: 'call_1_3', name: 'now', arguments: 'no JSON' },
    ])
  })

  test('sends reasoning back encrypted, before the calls that it led to', async () => {
    const calls = [{ name: 'get_weather', arguments: { location: 'Paris' } }]
    const steps = [
      { reasoning: ['Look it', 'up.'], calls },
      { reasoning: [], text: 'Sunny.' },
      { text: 'Bye.' },
    ]
    const { client, server } = await start(steps, { stream })
    const events = await collect(client, { messages: question, tools: [weatherTool] })
    expect(joinDeltas(events, 'reasoning')).toBe('Look it\n\nup.')
    const afterCall = goOn(question, readAnswer(events))
    const answer = await ask(client, { messages: afterCall })
    expect(readInput(server)).toMatchObject([
      { role: 'user' },
      { type: 'reasoning', id: 'rs_1_0', encrypted_content: expect.stringContaining('gAAAA') },
      { type: 'function_call', id: 'fc_1_1', call_id: 'call_1_0', arguments: '{"location":"Paris"}' },
      { type: 'function_call_output', call_id: 'call_1_0', output: '{"ok":true}' },
    ])
    expect(answer.message.contents).toMatchObject([{ type: 'reasoning', text: '' }, { text: 'Sunny.' }])
    await ask(client, { messages: goOn(afterCall, answer, 'Thanks') })
    expect(readInput(server).slice(-3)).toMatchObject([
      { type: 'reasoning', id: 'rs_2_0', summary: [] },
      { type: 'message', id: 'msg_2_1', content: [{ type: 'output_text', text: 'Sunny.' }] },
      { role: 'user' },
    ])
    expect(server.requests[2]?.body.instructions).toBe('Be brief.')
  })

  test('gives a refusal as error content and not as text', async () => {
    const { client, server } = await start([{ refusal: 'I cannot help.' }, { text: 'Hi' }], { stream })
    const events = await collect(client, { messages: question })
    expect(joinDeltas(events, 'text')).toBe('')
    expect(readAnswer(events).message.contents).toMatchObject([
      { type: 'error', message: 'I cannot help.', errorCode: 'refusal' },
    ])
    await ask(client, { messages: goOn(question, readAnswer(events), 'Please') })
    expect(readInput(server)[1]).toMatchObject({ content: [{ type: 'refusal', refusal: 'I cannot help.' }] })
  })

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
  ] as const)('an answer that is incomplete because of %s ends with %s', async (incomplete, finishReason) => {
    const step = { text: 'It is', incomplete, usage: { input_tokens: 1, output_tokens: 2 } }
    const { client } = await start([step], { stream })
    expect(await ask(client, 'Weather?')).toMatchObject({
      finishReason,
      message: { contents: [{ text: 'It is' }] },
      usage: { totalTokens: 3 },
    })
  })

  test('leaves out a call that was cut off, and reasoning that nothing follows', async () => {
    const cutCall = { reasoning: ['Hm'], calls: [{ name: 'now', arguments: '{"zone": "Eu' }] }
    const steps = [{ ...cutCall, incomplete: 'max_output_tokens' as const }, { text: 'Again' }]
    const { client, server } = await start(steps, { stream })
    const answer = await ask(client, { messages: question })
    expect(answer.message.contents.map(({ type }) => type)).toEqual(['reasoning'])
    await ask(client, { messages: goOn(question, answer, 'Go on') })
    expect(readInput(server)).toMatchObject([{ role: 'user' }, { role: 'user' }])
  })

  test.each([
    ['server_error', 'model_error', true],
    ['rate_limit_exceeded', 'rate_limited', true],
    ['vector_store_timeout', 'model_error', true],
    ['invalid_prompt', 'model_error', false],
    ['invalid_image_url', 'model_error', false],
  ])('a response that fails with %s is a %s, retryable: %s', async (code, errorCode, retryable) => {
    const { client } = await start([{ text: 'Half', failed: { code, message: 'secret prompt' } }], { stream })
    const error = await askAndFail(client)
    expect(error).toMatchObject({ code: errorCode, retryable })
    expect(error.message).toContain(code)
    expect(inspect(error)).not.toContain('secret')
  })

  test('HTTP errors say what to do and how long to wait', async () => {
    const steps = [
      { error: { status: 429, headers: { 'retry-after': '7' } } },
      { error: { status: 500 } },
      { error: { status: 401 } },
      { notJson: '<html>' },
    ]
    const { client } = await start(steps, { stream })
    expect(await askAndFail(client)).toMatchObject({ code: 'rate_limited', retryAfterMs: 7000 })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: true })
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

describe('a stream', () => {
  test('that is cut in the middle is a failure worth repeating', async () => {
    const { client } = await start([{ text: 'Hello there', hangUps: [6] }])
    const events: string[] = []
    const call = async () => {
      for await (const event of client.stream(createRequest('Hello'))) events.push(event.type)
    }
    await expect(call()).rejects.toMatchObject({ code: 'model_error', retryable: true })
    expect(new Set(events)).toEqual(new Set(['text']))
  })

  test('that ends with an error event fails with its code', async () => {
    const errorEvent = { after: 5, code: 'rate_limit_exceeded', message: 'secret' }
    const { client } = await start([{ text: 'Hello there', errorEvent }])
    const error = await askAndFail(client)
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(error.message).not.toContain('secret')
  })

  test('may end without repeating what it has brought', async () => {
    const step = { reasoning: ['Hm'], text: 'Hi', calls: [{ name: 'now', arguments: {} }], bareEnd: true }
    const { client } = await start([step])
    const { message } = await ask(client, 'Hello')
    expect(message.contents.map(({ type }) => type)).toEqual(['reasoning', 'text', 'functionCall'])
  })

  test('that falls silent times out', async () => {
    const { client } = await start([{ text: 'Hello there', holdAfterEvents: 5 }], { timeoutMs: 60 })
    expect(await askAndFail(client)).toMatchObject({ code: 'model_timeout', retryable: true })
  })
})

describe('the request', () => {
  test('carries tools, their choice, the shape of the answer and sampling', async () => {
    const { client, server } = await start([{ text: '{}' }])
    await ask(
      client,
      createRequest('Hello', {
        tools: [weatherTool, { ...weatherTool, name: 'strict_one', strict: true }],
        toolChoice: { name: 'get_weather' },
        responseFormat: { name: 'answer', schema: { type: 'object' }, strict: true },
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 100,
        providerOptions: { reasoning: { effort: 'low' }, text: { verbosity: 'low' }, model: 'other' },
      }),
    )
    expect(server.requests[0]?.body).toMatchObject({
      model: 'test-model',
      tools: [
        { type: 'function', name: 'get_weather', parameters: weatherTool.parameters, strict: false },
        { type: 'function', name: 'strict_one', strict: true },
      ],
      tool_choice: { type: 'function', name: 'get_weather' },
      text: {
        verbosity: 'low',
        format: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true },
      },
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 100,
      reasoning: { effort: 'low' },
    })
  })

  test('carries images and files, by URL and by data URI', async () => {
    const { client, server } = await start([{ text: 'Seen.' }])
    const contents = [
      { type: 'text', text: 'Look' },
      { type: 'uri', uri: 'https://example.com/a.png', mediaType: 'image/png' },
      { type: 'data', uri: 'data:image/png;base64,aGk=' },
      { type: 'uri', uri: 'https://example.com/a.pdf', mediaType: 'application/pdf' },
      { type: 'data', uri: 'data:application/pdf;base64,aGk=' },
    ] as const
    await ask(client, { messages: [{ role: 'user', contents }] })
    expect(readInput(server)[0]?.content).toEqual([
      { type: 'input_text', text: 'Look' },
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
      { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' },
      { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      { type: 'input_file', filename: 'file.pdf', file_data: 'data:application/pdf;base64,aGk=' },
    ])
  })

  test('carries what another model has said, and errors of tools', async () => {
    const { client, server } = await start([{ text: 'Yes.' }])
    const call = { type: 'functionCall', callId: 'c1', name: 'now', arguments: '{"half' } as const
    await ask(client, {
      messages: [
        createTextMessage('user', 'Hi'),
        {
          role: 'assistant',
          contents: [{ type: 'reasoning', text: 'Hm' }, { type: 'text', text: 'One' }, call],
        },
        { role: 'tool', contents: [{ type: 'functionResult', callId: 'c1', error: 'broken' }] },
        createTextMessage('system', 'Now be quick.'),
        createTextMessage('user', 'And?'),
      ],
    })
    expect(readInput(server).slice(1)).toEqual([
      { role: 'assistant', content: 'One' },
      { type: 'function_call', call_id: 'c1', name: 'now', arguments: '{"half' },
      { type: 'function_call_output', call_id: 'c1', output: 'Error: broken' },
      { role: 'system', content: 'Now be quick.' },
      { role: 'user', content: [{ type: 'input_text', text: 'And?' }] },
    ])
  })

  test('sends items of the provider and the phase of a message back as they came', async () => {
    const search = { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search' } }
    const step = { otherItems: [search], text: 'Found.', phase: 'final_answer' as const }
    const { client, server } = await start([step, { text: 'Bye.' }])
    const answer = await ask(client, { messages: question })
    await ask(client, { messages: goOn(question, answer, 'Thanks') })
    expect(readInput(server).slice(1, 3)).toMatchObject([search, { id: 'msg_1_1', phase: 'final_answer' }])
  })
})

describe('with store', () => {
  const calls = [{ name: 'get_weather', arguments: {} }]

  test('names the last response and sends only what is new', async () => {
    const { client, server } = await start([{ reasoning: ['Hm'], calls }, { text: 'Sunny.' }], {
      store: true,
    })
    const answer = await ask(client, { messages: question })
    await ask(client, { messages: goOn(question, answer) })
    expect(server.requests[1]?.body).toMatchObject({
      store: true,
      instructions: 'Be brief.',
      previous_response_id: 'resp_1',
      input: [{ type: 'function_call_output', call_id: 'call_1_0' }],
    })
  })

  test('sends the whole conversation again when the provider has forgotten it', async () => {
    const { client, server } = await start([{ reasoning: ['Hm'], calls }, {}, { text: 'Sunny.' }], {
      store: true,
    })
    const answer = await ask(client, { messages: question })
    server.forget()
    expect((await ask(client, { messages: goOn(question, answer) })).finishReason).toBe('stop')
    expect(server.requests.map(({ body }) => body.previous_response_id)).toEqual([
      undefined,
      'resp_1',
      undefined,
    ])
    expect(readInput(server).map(({ type }) => type)).toEqual([
      undefined,
      'reasoning',
      'function_call',
      'function_call_output',
    ])
  })
})

test('asks without encrypted reasoning where the model has none, and remembers that', async () => {
  const { client, server } = await start(() => ({ text: 'Hi' }), {}, { reasons: false })
  await ask(client, 'Hello')
  await ask(client, 'Hello')
  expect(server.requests.map(({ body }) => body.include?.length)).toEqual([1, undefined, undefined])
})

test('leaves out reasoning that the provider cannot decrypt', async () => {
  const first = await start([{ reasoning: ['Hm'], text: 'Sunny.' }], {}, { key: 'old' })
  const answer = await ask(first.client, { messages: question })
  const { client, server } = await start(() => ({ text: 'Bye.' }), {}, { key: 'new' })
  await ask(client, { messages: goOn(question, answer, 'Thanks') })
  expect(server.requests).toHaveLength(2)
  expect(readInput(server).slice(1)).toMatchObject([
    { role: 'assistant', content: 'Sunny.' },
    { role: 'user' },
  ])
})

test('works with a client of the openai package that is there already', async () => {
  const { server } = await start([{ text: 'Hi' }])
  const client = new OpenAI({ apiKey, baseURL: server.url })
  const { message } = await ask(createOpenAIResponsesClient({ model: 'm', client }), 'Hello')
  expect(message.contents).toMatchObject([{ text: 'Hi' }])
})

test('the key shows in no error', async () => {
  const { server } = await start([{ error: { status: 401, body: { error: { message: apiKey } } } }])
  expect(inspect(await askAndFail(connect(server)), { depth: 9 })).not.toContain(apiKey)
})

test('an answer with a call that has no name is none, and may be better the next time', () => {
  const read = () => toContents({ type: 'function_call', call_id: 'a', arguments: '{}' }, undefined)
  expect(read).toThrow(expect.objectContaining({ code: 'model_error', retryable: true }))
})
