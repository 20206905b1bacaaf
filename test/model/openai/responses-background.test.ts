import { describe, expect, test } from 'vitest'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../../src/model/chat-client.js'
import { toContinuationToken } from '../../../src/model/openai/continuation-token.js'
import { withRetry } from '../../../src/model/with-retry.js'
import { collect, createRequest, joinDeltas, readAnswer } from '../ask.js'
import { connect, start } from './responses-kit.js'

/** Machines that run tests are busy. */
const patiently = { timeout: 20_000 }

const question = createRequest('Explain relativity.', { background: true })
const text = 'Space and time are one, and bend.'

function comeBackWith(continuation: string | undefined): ChatRequest {
  return { messages: [], background: true, continuation }
}

function readTokens(events: readonly ChatEvent[]): (string | undefined)[] {
  return events.flatMap((event) => (event.type === 'continuation' ? [event.token] : []))
}

/** The events of a call until it has failed, and what it failed with. */
async function collectUntilFailure(client: ChatClient, request: ChatRequest, options?: ChatOptions) {
  const events: ChatEvent[] = []
  try {
    for await (const event of client.stream(request, options)) events.push(event)
  } catch (error) {
    return { events, error }
  }
  throw new Error('The call did not fail.')
}

describe('a background answer that is followed', () => {
  test('streams to its end, after a token to come back with', async () => {
    const { client, server } = await start([{ reasoning: ['Hm'], text }])
    const events = await collect(client, question)
    expect(events[0]).toMatchObject({ type: 'continuation', token: expect.any(String) })
    expect(joinDeltas(events, 'text')).toBe(text)
    expect(readAnswer(events)).toMatchObject({ finishReason: 'stop', usage: { outputTokens: 10 } })
    expect(server.requests[0]?.body).toMatchObject({ background: true, stream: true, store: true })
  })

  test('resumes its stream after the last event whenever that breaks', async () => {
    const { client, server } = await start([{ text, hangUps: [7, 2, 0, 1, 0, 1] }])
    const events = await collect(client, question)
    expect(joinDeltas(events, 'text')).toBe(text)
    expect(server.requests).toHaveLength(1)
    expect(server.visits).toEqual([
      'GET /v1/responses/resp_1?stream=true&starting_after=6',
      'GET /v1/responses/resp_1?stream=true&starting_after=8',
      'GET /v1/responses/resp_1?stream=true&starting_after=8',
      'GET /v1/responses/resp_1?stream=true&starting_after=9',
      'GET /v1/responses/resp_1?stream=true&starting_after=9',
      'GET /v1/responses/resp_1?stream=true&starting_after=10',
    ])
  })

  test('gives up a stream that breaks again and again without bringing anything', async () => {
    const { client, server } = await start([{ text, hangUps: [7, 0, 0, 0, 0, 0, 0] }])
    const { error } = await collectUntilFailure(client, question)
    expect(error).toMatchObject({ code: 'model_error', retryable: true })
    expect(server.visits).toHaveLength(4)
  })

  test('goes on listening when the provider is silent for long', async () => {
    const { client, server } = await start([{ text, holdAfterEvents: 3 }], { timeoutMs: 500 })
    const call = collect(client, question)
    await expect.poll(() => server.visits.length, patiently).toBeGreaterThan(1)
    server.release()
    expect(joinDeltas(await call, 'text')).toBe(text)
  })

  test('is asked for from time to time when it cannot be streamed', async () => {
    const waits: number[] = []
    const sleep = async (ms: number) => void waits.push(ms)
    const { client, server } = await start([{ text, polls: 2 }], { stream: false, pollIntervalMs: 70, sleep })
    const events = await collect(client, question)
    expect(joinDeltas(events, 'text')).toBe(text)
    expect(readAnswer(events).finishReason).toBe('stop')
    expect(server.visits).toEqual(Array(3).fill('GET /v1/responses/resp_1'))
    expect(waits).toEqual([70, 70])
  })

  test('goes on exactly after the delta whose token is used', async () => {
    const { client, server } = await start([{ reasoning: ['Let me think.'], text }])
    const deltas = (await collect(client, question)).filter(
      (event) => event.type === 'text' || event.type === 'reasoning',
    )
    for (const [index, { continuation }] of deltas.entries()) {
      const rest = await collect(client, comeBackWith(continuation))
      expect(rest.flatMap((event) => ('text' in event ? [event.text] : []))).toEqual(
        deltas.slice(index + 1).map((delta) => delta.text),
      )
      expect(readAnswer(rest).message.contents).toMatchObject([{ type: 'reasoning' }, { type: 'text', text }])
    }
    expect(server.requests).toHaveLength(1)
  })

  test('ends when the caller aborts, and is not cancelled by that', async () => {
    const { client, server } = await start([{ text, holdAfterEvents: 6 }])
    const caller = new AbortController()
    const reason = new Error('enough')
    const call = (async () => {
      for await (const event of client.stream(question, { signal: caller.signal }))
        if (event.type === 'text') caller.abort(reason)
    })()
    await expect(call).rejects.toBe(reason)
    expect(server.visits).toEqual([])
  })
})

describe.each([{ stream: true }, { stream: false }])('looked at only, with stream: $stream', ({ stream }) => {
  test('comes back at once with a token, and with the answer when there is one', async () => {
    const { client, server } = await start([{ text, polls: 1 }], { stream })
    const [first, ...others] = await collect(client, question, { follow: false })
    expect(others).toEqual([])
    if (first?.type !== 'continuation') throw new Error('There is no token.')
    const again = comeBackWith(first.token)
    expect(await collect(client, again, { follow: false })).toEqual([first])
    const last = await collect(client, again, { follow: false })
    expect(joinDeltas(last, 'text')).toBe(text)
    expect(readAnswer(last).finishReason).toBe('stop')
    expect(server.requests).toHaveLength(1)
  })

  test('can be followed later, also by another client', async () => {
    const { client, server } = await start([{ text, polls: 2 }], { stream })
    const [token] = readTokens(await collect(client, question, { follow: false }))
    expect(joinDeltas(await collect(connect(server), comeBackWith(token)), 'text')).toBe(text)
    expect(joinDeltas(await collect(connect(server, { stream: false }), comeBackWith(token)), 'text')).toBe(
      text,
    )
  })
})

describe('what is lost', () => {
  test.each([{ follow: true }, { follow: false }])(
    'a response that the provider has forgotten, %o',
    async ({ follow }) => {
      const { client, server } = await start([{ text }])
      const [token] = readTokens(await collect(client, question, { follow: false }))
      server.forget()
      const { events, error } = await collectUntilFailure(client, comeBackWith(token), { follow })
      expect(events).toEqual([{ type: 'continuation' }])
      expect(error).toMatchObject({ code: 'model_error', retryable: true })
    },
  )

  test.each([{ stream: true }, { stream: false }])('a response that fails, %o', async ({ stream }) => {
    const failed = { code: 'server_error', message: 'oops' }
    const { client } = await start([{ text, failed }], { stream })
    const { events, error } = await collectUntilFailure(client, question)
    expect(readTokens(events)).toEqual([expect.any(String), undefined])
    expect(error).toMatchObject({ code: 'model_error', retryable: true })
  })
})

test('a model that does not exist is no lost response', async () => {
  const { client } = await start([{ error: { status: 404 } }])
  const { events, error } = await collectUntilFailure(client, question)
  expect(events).toEqual([])
  expect(error).toMatchObject({ code: 'model_error', retryable: false })
})

describe('withRetry', () => {
  const patient = { sleep: async () => {} }

  test('comes back to a response instead of asking again', async () => {
    const { client, server } = await start([{ text, hangUps: [7, 0, 0, 0, 0, 0, 0] }])
    const events = await collect(withRetry(client, patient), question)
    expect(joinDeltas(events, 'text')).toBe(text)
    expect(server.requests).toHaveLength(1)
  })

  test('asks again when the response is lost', async () => {
    const failed = { code: 'server_error', message: 'oops' }
    const { client, server } = await start([{ text: 'Half', failed }, { text }])
    const events = await collect(withRetry(client, patient), question)
    expect(joinDeltas(events, 'text')).toBe(text)
    expect(server.requests).toHaveLength(2)
  })
})

describe('cancel', () => {
  test('ends the response at the provider', async () => {
    const { client, server } = await start([{ text, holdAfterEvents: 6 }])
    const retrying = withRetry(client)
    const [token = ''] = readTokens(await collect(retrying, question, { follow: false }))
    await retrying.cancel?.(token)
    await retrying.cancel?.(token)
    expect(server.visits).toEqual(Array(2).fill('POST /v1/responses/resp_1/cancel'))
    const { events, error } = await collectUntilFailure(client, comeBackWith(token), { follow: false })
    expect(events).toEqual([{ type: 'continuation' }])
    expect(error).toMatchObject({ code: 'model_error', retryable: false })
  })

  test('is content with a response that is over or forgotten', async () => {
    const { client, server } = await start([{ text }])
    const [token = ''] = readTokens(await collect(client, question))
    await client.cancel?.(token)
    server.forget()
    await client.cancel?.(token)
  })
})

test.each([
  '',
  'nonsense',
  toContinuationToken({ response: '../files/secret', streamed: true }),
  toContinuationToken({ response: 'resp_1?x=1', streamed: true }),
  toContinuationToken({ response: 'resp_1', streamed: true, after: -1 }),
  Buffer.from('{"v":2,"response":"resp_1","streamed":true}').toString('base64url'),
])('the foreign token "%s" is refused without a call', async (token) => {
  const { client, server } = await start([])
  await expect(collect(client, comeBackWith(token))).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(client.cancel?.(token)).rejects.toMatchObject({ code: 'invalid_request' })
  expect(server.visits).toEqual([])
})
