import { describe, expect, onTestFinished, test } from 'vitest'
import { sleep } from '../../src/core/clock.js'
import { AgentError } from '../../src/core/errors.js'
import type { ChatClient, ChatEvent } from '../../src/model/chat-client.js'
import { createOpenAIChatClient } from '../../src/model/openai/openai-chat-completions.js'
import { type RetryOptions, withRetry } from '../../src/model/with-retry.js'
import { startChatCompletionsServer } from '../support/chat-completions-server.js'
import type { Rule, Step } from '../support/chat-completions-server-steps.js'
import { ask, askAndFail, collect, createRequest, joinDeltas, readAnswer } from './ask.js'

async function start(script: readonly Step[] | Rule, options: RetryOptions = {}) {
  const server = await startChatCompletionsServer({ script })
  onTestFinished(() => server.close())
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  const client = createOpenAIChatClient({ model: 'test-model', baseUrl: server.url })
  return { server, waits, client: withRetry(client, { sleep, random: () => 0, ...options }) }
}

const ok: Step = { text: 'Hello again' }

function limited(headers: Record<string, string>): Step {
  return { error: { status: 429, headers } }
}

test('has the name of the model that it asks', async () => {
  const { client } = await start([])
  expect(client.model).toBe('test-model')
})

test('a server error and then an answer is an answer, without a reset', async () => {
  const { client, server, waits } = await start([{ error: { status: 500 } }, ok])
  const events = await collect(client, createRequest('Hello'))
  expect(events.map((event) => event.type)).not.toContain('reset')
  expect(joinDeltas(events, 'text')).toBe('Hello again')
  expect(server.requests).toHaveLength(2)
  expect(waits).toEqual([500])
})

describe('the wait', () => {
  const failing: Rule = () => ({ error: { status: 500 } })

  test('doubles, up to the longest', async () => {
    const { client, waits } = await start(failing, { maxAttempts: 6, initialDelayMs: 100, maxDelayMs: 500 })
    await askAndFail(client)
    expect(waits).toEqual([100, 200, 400, 500, 500])
  })

  test('loses up to half of itself at random', async () => {
    const { client, waits } = await start(failing, { random: () => 0.5 })
    await askAndFail(client)
    expect(waits).toEqual([375, 750])
  })

  test.each([
    ['retry-after in seconds', { 'retry-after': '7' }, 7000],
    ['retry-after-ms', { 'retry-after-ms': '1234.5', 'retry-after': '7' }, 1234.5],
    ['no more than its own when the server asks for less', { 'retry-after': '0' }, 500],
    ['its own when the server says nonsense', { 'retry-after': 'soon' }, 500],
    ['its own when the date has passed', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 500],
  ])('follows %s', async (_, headers, expected) => {
    const { client, waits } = await start([limited(headers), ok])
    await ask(client, 'Hello')
    expect(waits).toEqual([expected])
  })

  test.each([408, 425, 500, 503])('follows what status %i asks for', async (status) => {
    const { client, waits } = await start([{ error: { status, headers: { 'retry-after': '7' } } }, ok])
    await ask(client, 'Hello')
    expect(waits).toEqual([7000])
  })

  test('follows a date', async () => {
    const date = new Date(Date.now() + 20_000).toUTCString()
    const { client, waits } = await start([limited({ 'retry-after': date }), ok])
    await ask(client, 'Hello')
    expect(waits[0]).toBeGreaterThan(17_000)
    expect(waits[0]).toBeLessThanOrEqual(20_000)
  })

  test('is not begun when the server asks for more than the longest', async () => {
    const { client, server, waits } = await start([limited({ 'retry-after': '61' }), ok])
    expect(await askAndFail(client)).toMatchObject({ code: 'rate_limited', retryAfterMs: 61_000 })
    expect(waits).toEqual([])
    expect(server.requests).toHaveLength(1)
  })
})

test('voids the deltas before a dropped connection with a reset', async () => {
  const { client } = await start([{ text: 'Hello you', hangUpAfterChunks: 3 }, ok])
  const events = await collect(client, createRequest('Hello'))
  const reset = events.findIndex((event) => event.type === 'reset')
  expect(events.slice(0, reset).map((event) => event.type)).toEqual(['text'])
  expect(joinDeltas(events, 'text')).toBe('Hello again')
  expect(readAnswer(events).message.contents).toEqual([{ type: 'text', text: 'Hello again' }])
})

test('voids deltas once, however many attempts follow', async () => {
  const { client } = await start([
    { text: 'Hello you', hangUpAfterChunks: 2 },
    { error: { status: 500 } },
    ok,
  ])
  const types = (await collect(client, createRequest('Hello'))).map((event) => event.type)
  expect(types.filter((type) => type === 'reset')).toHaveLength(1)
})

test('recovers from a malformed chunk', async () => {
  const { client, server } = await start([{ text: 'Hello you', malformedChunk: true }, ok])
  expect((await ask(client, 'Hello')).message.contents).toEqual([{ type: 'text', text: 'Hello again' }])
  expect(server.requests).toHaveLength(2)
})

test.each([1, 2, 3, 5])(
  'gives up after exactly %i attempts with the last error and no reset after it',
  async (maxAttempts) => {
    const { client, server, waits } = await start(() => ({ text: 'Hello', hangUpAfterChunks: 2 }), {
      maxAttempts,
    })
    const events: ChatEvent[] = []
    const reading = (async () => {
      for await (const event of client.stream(createRequest('Hello'))) events.push(event)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'model_error', retryable: true })
    expect(server.requests).toHaveLength(maxAttempts)
    expect(waits).toHaveLength(maxAttempts - 1)
    expect(events.map((event) => event.type).join()).toBe(Array(maxAttempts).fill('text').join(',reset,'))
  },
)

test.each([400, 401, 404])('does not ask again after status %i', async (status) => {
  const { client, server } = await start([{ error: { status } }, ok])
  expect(await askAndFail(client)).toMatchObject({ code: 'model_error', retryable: false })
  expect(server.requests).toHaveLength(1)
})

test('an abort ends the wait with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('The user pressed stop.')
  const { client, server } = await start(() => limited({ 'retry-after': '25' }), {
    sleep: (ms, signal) => {
      queueMicrotask(() => controller.abort(reason))
      return sleep(ms, signal)
    },
  })
  await expect(collect(client, createRequest('Hello'), controller)).rejects.toBe(reason)
  expect(server.requests).toHaveLength(1)
})

test('an abort is final even when its reason is a retryable error', async () => {
  const controller = new AbortController()
  const reason = new AgentError('model_timeout', 'The run has no time left.', { retryable: true })
  const { client, server, waits } = await start(() => {
    controller.abort(reason)
    return { text: 'late', holdAfterChunks: 0 }
  })
  await expect(collect(client, createRequest('Hello'), controller)).rejects.toBe(reason)
  expect(server.requests).toHaveLength(1)
  expect(waits).toEqual([])
})

test('lets other errors through as they are', async () => {
  const bug = new TypeError('undefined is not a function')
  let calls = 0
  const broken: ChatClient = {
    model: 'broken',
    // biome-ignore lint/correctness/useYield: it fails before it has anything to yield.
    async *stream() {
      calls += 1
      throw bug
    },
  }
  await expect(collect(withRetry(broken), createRequest('Hello'))).rejects.toBe(bug)
  expect(calls).toBe(1)
})

test.each([0, -1, 1.5, Number.NaN])('refuses %d attempts', async (maxAttempts) => {
  await expect(start([], { maxAttempts })).rejects.toMatchObject({ code: 'invalid_configuration' })
})

test('an option that there is not is named', () => {
  const options = { attempts: 3 }
  const client = createOpenAIChatClient({ model: 'm', apiKey: 'k' })
  expect(() => withRetry(client, options as RetryOptions)).toThrow('withRetry has no option "attempts".')
})
