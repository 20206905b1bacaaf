import http, { type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as delay } from 'node:timers/promises'
import { OpenAI } from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createOpenAIChatClient } from '../../../src/model/openai/openai-chat-completions.js'
import { createOpenAIResponsesClient } from '../../../src/model/openai/openai-responses.js'
import { createGate } from '../../support/gate.js'
import {
  beginEvents,
  endEvents,
  type PacketAnswer,
  startPacketServer,
  toChunkEvent,
} from '../../support/packet-server.js'
import { ask, askAndFail, collect, createRequest, joinDeltas, readAnswer } from '../ask.js'

const hello = { choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }], model: 'm1' }

async function start(answer: PacketAnswer) {
  const server = await startPacketServer(answer)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const options = { model: 'm', baseUrl: server.url }
  return {
    server,
    chat: createOpenAIChatClient(options),
    responses: createOpenAIResponsesClient(options),
  }
}

test('what came in one packet is one delta, and what came later is another', async () => {
  const isRead = createGate()
  const { chat } = await start(async (response) => {
    beginEvents(response)
    const thoughts = [{ reasoning: 'H' }, { reasoning: 'm' }].map((delta) => toChunkEvent(delta))
    const words = ['on', 'e '].map((content) => toChunkEvent({ content }))
    response.write([...thoughts, ...words].join(''))
    await isRead.opened
    response.end(toChunkEvent({ content: 'two' }) + endEvents)
  })
  const events = chat.stream(createRequest('Count'))[Symbol.asyncIterator]()
  expect((await events.next()).value).toEqual({ type: 'reasoning', text: 'Hm' })
  expect((await events.next()).value).toEqual({ type: 'text', text: 'one ' })
  isRead.open()
  expect((await events.next()).value).toEqual({ type: 'text', text: 'two' })
  expect((await events.next()).value).toMatchObject({ type: 'completed' })
})

test('deltas that became one carry the token of the last', async () => {
  const { responses } = await start((response) => {
    beginEvents(response)
    const created = { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } }
    const deltas = ['on', 'e'].map((delta) => ({ type: 'response.output_text.delta', delta }))
    const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } }
    const events = [created, ...deltas, completed].map((event, sequence_number) => ({
      ...event,
      sequence_number,
    }))
    response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
  })
  const events = await collect(responses, createRequest('Count', { background: true }))
  expect(events.map(({ type }) => type)).toEqual(['continuation', 'text', 'completed'])
  const [, delta] = events
  const token = delta?.type === 'text' ? delta.continuation : undefined
  expect(JSON.parse(Buffer.from(token ?? '', 'base64url').toString())).toMatchObject({ after: 2 })
})

test('text that came in the same packet as a failure is told before it', async () => {
  const { chat } = await start((response) => {
    beginEvents(response)
    response.end(`${toChunkEvent({ content: 'Hel' })}data: {"choices": 5}\n\n`)
  })
  const events = chat.stream(createRequest('Hello'))[Symbol.asyncIterator]()
  expect((await events.next()).value).toEqual({ type: 'text', text: 'Hel' })
  await expect(events.next()).rejects.toMatchObject({ code: 'model_error', retryable: true })
})

describe('an answer that came whole although events were asked for', () => {
  test.each(['application/json', 'text/event-stream', undefined])(
    'is read as one, also when it calls itself %s',
    async (type) => {
      const { chat } = await start(async (response) => {
        if (type !== undefined) response.setHeader('content-type', type)
        const text = ` \n${JSON.stringify(hello, null, 2)}`
        response.write(text.slice(0, 60))
        await delay(5)
        response.end(text.slice(60))
      })
      const events = await collect(chat, createRequest('Hello'))
      expect(joinDeltas(events, 'text')).toBe('Hello')
      expect(readAnswer(events)).toMatchObject({ model: 'm1', finishReason: 'stop' })
    },
  )

  test('is read as one from the Responses API too', async () => {
    const content = [{ type: 'output_text', text: 'Hello', annotations: [] }]
    const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }]
    const { responses } = await start((response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id: 'resp_1', object: 'response', status: 'completed', output }))
    })
    const events = await collect(responses, createRequest('Hello'))
    expect(joinDeltas(events, 'text')).toBe('Hello')
  })

  test('fails retryably when it is broken off', async () => {
    const { chat } = await start((response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(hello).slice(0, 30))
    })
    expect(await askAndFail(chat)).toMatchObject({ code: 'model_error', retryable: true })
  })
})

test.each([{ stream: true }, { stream: false }])('a refusal with status 200, %o', async ({ stream }) => {
  const { server } = await start((response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ error: { message: 'secret', code: 'insufficient_quota' } }))
  })
  const chat = createOpenAIChatClient({ model: 'm', baseUrl: server.url, stream })
  const error = await askAndFail(chat)
  expect(error).toMatchObject({ code: 'rate_limited', retryable: false })
  expect(error.message).toContain('429 (insufficient_quota)')
})

describe('an answer that says why it ended is there', () => {
  const whole = toChunkEvent({ content: 'Hello' }) + toChunkEvent({}, 'stop')

  test.each<[string, (response: ServerResponse) => void]>([
    ['when the connection breaks after it', (response) => response.write(whole, () => response.destroy())],
    ['when the server falls silent after it', (response) => void response.write(whole)],
    ['when what follows it cannot be read', (response) => void response.end(`${whole}data: {\n\n`)],
  ])('%s', async (_, answer) => {
    const { server } = await start((response) => {
      beginEvents(response)
      answer(response)
    })
    const chat = createOpenAIChatClient({ model: 'm', baseUrl: server.url, timeoutMs: 200 })
    expect(await ask(chat, 'Hello')).toMatchObject({
      message: { contents: [{ type: 'text', text: 'Hello' }] },
      finishReason: 'stop',
    })
  })

  test('but not for whoever has gone away', async () => {
    const { chat } = await start((response) => {
      beginEvents(response)
      response.write(whole)
    })
    const gone = new AbortController()
    const reason = new Error('The user pressed stop.')
    const events = chat.stream(createRequest('Hello'), { signal: gone.signal })[Symbol.asyncIterator]()
    await events.next()
    const next = events.next()
    gone.abort(reason)
    await expect(next).rejects.toBe(reason)
  })
})

test.each(['application/json', 'text/plain', undefined])('events may call themselves %s', async (type) => {
  const { chat } = await start((response) => {
    if (type !== undefined) response.setHeader('content-type', type)
    response.end(`: hello\n\n${toChunkEvent({ content: 'Hello' })}${endEvents}`)
  })
  expect((await ask(chat, 'Hello')).message.contents).toEqual([{ type: 'text', text: 'Hello' }])
})

test('one connection serves all calls, although the body ends after the end marker', async () => {
  let isRead = createGate()
  const { chat, server } = await start(async (response) => {
    beginEvents(response)
    response.write(toChunkEvent({ content: 'Hello' }) + endEvents)
    await isRead.opened
    response.end()
  })
  const { port } = new URL(server.url)
  const isKept = () => http.globalAgent.freeSockets[`127.0.0.1:${port}:`]?.length === 1
  for (let call = 0; call < 20; call++) {
    isRead = createGate()
    await ask(chat, 'Hello')
    expect(isKept()).toBe(false)
    isRead.open()
    await expect.poll(isKept, { interval: 5 }).toBe(true)
  }
  expect(server.connections()).toBe(1)
})

test('the answer is there before the body ends', async () => {
  const isRead = createGate()
  const { chat } = await start(async (response) => {
    beginEvents(response)
    response.write(toChunkEvent({ content: 'Hello' }) + endEvents)
    await isRead.opened
    response.end()
  })
  await ask(chat, 'Hello')
  isRead.open()
})

test('a client that gives no response of its own is read event by event', async () => {
  async function* create() {
    for (const content of ['on', 'e'])
      yield { choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] }
  }
  const client = { chat: { completions: { create: async () => create() } } } as unknown as OpenAI
  const events = await collect(createOpenAIChatClient({ model: 'm', client }), createRequest('Count'))
  expect(events.map(({ type }) => type)).toEqual(['text', 'text', 'completed'])
})

test('a client of the package that was given is left to read for itself', async () => {
  const { server } = await start((response) => {
    beginEvents(response)
    response.end(toChunkEvent({ content: 'Hello' }) + endEvents)
  })
  const openai = new OpenAI({ apiKey: 'k', baseURL: server.url })
  const client = createOpenAIChatClient({ model: 'm', client: openai })
  expect((await ask(client, 'Hello')).message.contents).toEqual([{ type: 'text', text: 'Hello' }])
})

test('a fetch that was given makes the calls, whatever its bodies are', async () => {
  const { server } = await start((response) => {
    beginEvents(response)
    response.end(toChunkEvent({ content: 'Hello' }) + endEvents)
  })
  const asked: string[] = []
  const give = (toBody: (body: ReadableStream) => unknown) => {
    const give: typeof globalThis.fetch = async (input, init) => {
      asked.push(String(input))
      const response = await fetch(input, init)
      const body = response.body && toBody(response.body as ReadableStream)
      return Object.defineProperty(response, 'body', { value: body })
    }
    return createOpenAIChatClient({ model: 'm', baseUrl: server.url, fetch: give })
  }
  for (const client of [give((body) => body), give((body) => Readable.fromWeb(body))])
    expect((await ask(client, 'Hello')).message.contents).toEqual([{ type: 'text', text: 'Hello' }])
  expect(asked).toEqual(Array(2).fill(`${server.url}/chat/completions`))
})
