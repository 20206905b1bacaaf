import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/core/problem.js'
import { sendRaw } from '../support/api.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import { readEffects } from '../support/effects.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let model: ChatCompletionsServer
let app: RunningApp
let effectsFile: string

beforeAll(async () => {
  model = await bed.startModel({
    script: (body) => {
      const said = JSON.stringify(body.messages.at(-1))
      if (said.includes('slowly')) return { text: 'word '.repeat(10), delayMs: 1_000 }
      return said.includes('silence') ? { text: 'a b c d', holdAfterChunks: 3 } : demoRule(body)
    },
  })
  const dataDir = await bed.createFolder()
  effectsFile = join(dataDir, 'effects.log')
  app = await bed.startApp({ model, dataDir, env: { E2E_EFFECTS: effectsFile, E2E_TOOL_MS: '2000' } })
})

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_none, index) => index + 1)
}

async function talk(sessionId: string, count: number): Promise<void> {
  for (const index of upTo(count)) await app.api.run({ message: `line ${index}`, sessionId })
}

describe('deleting a session', () => {
  test('takes everything away, also when repeated, and leaves its ids free', async () => {
    const ids = { sessionId: 'gone', correlationId: 'g1' }
    await app.api.run({ message: 'My old message', ...ids })
    const removed = await app.api.remove('gone')
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect((await app.api.remove('gone')).status).toBe(204)
    expect((await app.api.remove('never there')).status).toBe(204)
    expect((await app.api.state('gone')).status).toBe(404)
    expect((await app.api.outcome('gone', 'g1')).status).toBe(404)
    expect((await app.api.events('gone', 'g1')).status).toBe(404)
    const { body: list } = await app.api.sessions('?limit=1000')
    expect(list.sessions.map(({ sessionId }) => sessionId)).not.toContain('gone')

    const { body } = await app.api.run({ message: 'A new message', ...ids })
    expect(body).toMatchObject({ response: 'You said: A new message', message_count: 1 })
    expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('My old message')
    expect((await app.api.state('gone')).body.conversation_history).toHaveLength(2)
  })

  test('cuts off a run whose model is about to answer', async () => {
    const ids = { sessionId: 'cut', correlationId: 'c1' }
    const message = 'Answer slowly'
    const reader = await app.api.stream({ message, ...ids })
    await reader.waitForType('run.started')
    await expect.poll(() => model.stats().byKey[message]).toBe(1)
    expect((await app.api.remove('cut')).status).toBe(204)
    const events = await reader.end()
    expect(events.map(({ type }) => type)).not.toContain('run.completed')
    expect((await app.api.state('cut')).status).toBe(404)
    const { body } = await app.api.run({ message: 'Hi again', sessionId: 'cut' })
    expect(body.message_count).toBe(1)
  })

  test('cuts off a run whose model has fallen silent', async () => {
    const reader = await app.api.stream({
      message: 'silence, please',
      sessionId: 'silent',
      correlationId: 's1',
    })
    await reader.waitForType('message.delta')
    expect((await app.api.remove('silent')).status).toBe(204)
    await reader.end()
    expect((await app.api.state('silent')).status).toBe(404)
  }, 8_000)

  test('cuts off a run whose tool is at work', async () => {
    const message = 'What is the weather in Oslo?'
    const { body } = await app.api.run({ message, sessionId: 'tool', waitForResponse: false })
    const readOwn = async () =>
      (await readEffects(effectsFile)).filter(({ sessionId }) => sessionId === 'tool')
    await expect.poll(readOwn, { timeout: 5000 }).toMatchObject([{ what: 'start' }])
    expect((await app.api.remove('tool')).status).toBe(204)
    expect((await app.api.outcome('tool', body.correlationId)).status).toBe(404)
    expect((await app.api.state('tool')).status).toBe(404)
    expect(model.stats().byKey[message]).toBe(1)
  })

  test('tells whoever waits for an answer that there will be none', async () => {
    const message = 'silence, please'
    const answer = app.api.run({ message, sessionId: 'waited', correlationId: 'w1' })
    await expect.poll(async () => (await app.api.state('waited')).body.status).toBe('running')
    expect((await app.api.remove('waited')).status).toBe(204)
    const { status, body } = await answer
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'run_cancelled', sessionId: 'waited', correlationId: 'w1' })
    expect(body.detail).toContain('The session was deleted')
  })
})

describe('resetting a session', () => {
  test('clears its history and keeps the session', async () => {
    await app.api.run({ message: 'Before the reset', sessionId: 'reset' })
    const removed = await app.api.reset('reset')
    expect([removed.status, removed.text]).toEqual([204, ''])
    const { status, body } = await app.api.state('reset')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      message_count: 0,
      conversation_history: [],
      last_response: null,
      status: 'idle',
    })
    const { body: list } = await app.api.sessions('?limit=1000')
    expect(list.sessions.map(({ sessionId }) => sessionId)).toContain('reset')

    const answer = await app.api.run({ message: 'After the reset', sessionId: 'reset' })
    expect(answer.body.message_count).toBe(1)
    expect(JSON.stringify(model.requests.at(-1)?.body)).not.toContain('Before the reset')
    expect((await app.api.state('reset')).body.conversation_history).toHaveLength(2)
  })

  test('waits for the message that is being answered', async () => {
    const { body } = await app.api.run({
      message: 'Answer slowly',
      sessionId: 'busy',
      waitForResponse: false,
    })
    expect((await app.api.reset('busy')).status).toBe(204)
    expect((await app.api.state('busy')).body).toMatchObject({ message_count: 0, conversation_history: [] })
    expect([200, 404]).toContain((await app.api.outcome('busy', body.correlationId)).status)
  })

  test('like deleting it takes a content type without content', async () => {
    await app.api.run({ message: 'Hi', sessionId: 'typed' })
    const headers = { 'content-type': 'application/json' }
    const path = '/api/agents/Assistant/typed'
    for (const [method, target] of [
      ['POST', `${path}/reset`],
      ['DELETE', path],
    ] as const) {
      expect((await sendRaw(app.url, { method, path: target, headers, body: '' })).status).toBe(204)
      const garbled = await sendRaw<Problem>(app.url, { method, path: target, headers, body: '{' })
      expect([garbled.status, garbled.body.detail]).toEqual([400, 'body: is not valid JSON'])
    }
    expect((await app.api.state('typed')).status).toBe(404)
  })

  test('may be repeated', async () => {
    await app.api.run({ message: 'Hi', sessionId: 'twice' })
    expect((await app.api.reset('twice')).status).toBe(204)
    expect((await app.api.reset('twice')).status).toBe(204)
    expect((await app.api.state('twice')).body.message_count).toBe(0)
  })
})

describe('a history of 30 turns', () => {
  const questions = upTo(30).map((index) => `line ${index}`)
  beforeAll(() => talk('long', 30))

  test('is told whole, newest last', async () => {
    const { body } = await app.api.state('long')
    expect(body.message_count).toBe(30)
    expect(body.conversation_history.map(({ content }) => content)).toEqual(
      questions.flatMap((question) => [question, `You said: ${question}`]),
    )
    expect(body.next_before).toBeUndefined()
  })

  test.each([1, 2, 7, 10, 60, 1000])('is told in pages of %i lines, each turn once', async (limit) => {
    const pages: string[][] = []
    let query = `?limit=${limit}`
    while (true) {
      const { body } = await app.api.state('long', query)
      const said = body.conversation_history
        .filter(({ role }) => role === 'user')
        .map(({ content }) => content)
      expect(body.message_count).toBe(30)
      expect(said.length).toBeGreaterThan(0)
      pages.unshift(said)
      if (body.next_before === undefined) break
      query = `?limit=${limit}&before=${body.next_before}`
    }
    expect(pages.flat()).toEqual(questions)
    expect(pages.length).toBe(Math.ceil(30 / Math.ceil(limit / 2)))
  })
})

describe('a conversation larger than its stored state may be', () => {
  const count = 12
  const long = (index: number) => `part ${index} ${'lorem ipsum '.repeat(200)}end`
  beforeAll(async () => {
    for (const index of upTo(count)) await app.api.run({ message: long(index), sessionId: 'large' })
  })

  test('is shown to the model whole', () => {
    const shown = model.requests.findLast((request) =>
      JSON.stringify(request.body).includes(`part ${count} `),
    )
    const said = shown?.body.messages.filter(({ role }) => role === 'user').map(({ content }) => content)
    expect(said).toEqual(upTo(count).map(long))
  })

  test('is told to its readers whole', async () => {
    const { body } = await app.api.state('large')
    expect(body.message_count).toBe(count)
    const said = body.conversation_history.filter(({ role }) => role === 'user').map(({ content }) => content)
    expect(said).toEqual(upTo(count).map(long))
  })

  test('is remembered by a host that has just started', async () => {
    const dataDir = await bed.createFolder()
    const first = await bed.startApp({ model, dataDir })
    for (const index of upTo(count)) await first.api.run({ message: long(index), sessionId: 'restart' })
    await first.stop('SIGKILL')
    const second = await bed.startApp({ model, dataDir })
    await second.api.run({ message: 'And after the restart?', sessionId: 'restart' })
    const said = model.requests.at(-1)?.body.messages.filter(({ role }) => role === 'user') ?? []
    expect(said.map(({ content }) => content)).toEqual([...upTo(count).map(long), 'And after the restart?'])
  })
})

test('sessions are listed newest first, page by page, each once', async () => {
  const other = await bed.startApp()
  const ids = upTo(25).map((index) => `listed-${index}`)
  for (const sessionId of ids) await other.api.run({ message: 'Hi', sessionId })
  await other.api.run({ message: 'Hi again', sessionId: 'listed-3' })
  const expected = ['listed-3', ...ids.filter((id) => id !== 'listed-3').reverse()]

  const found: string[] = []
  let query = '?limit=10'
  while (true) {
    const { body } = await other.api.sessions(query)
    expect(body.sessions.length).toBeLessThanOrEqual(10)
    found.push(...body.sessions.map(({ sessionId }) => sessionId))
    if (body.next_before === undefined) break
    query = `?limit=10&before=${encodeURIComponent(body.next_before)}`
  }
  expect(found).toEqual(expected)
})

test('session ids that look alike are different sessions', async () => {
  const ids = [
    'A',
    'a',
    '%41',
    '%2541',
    'a b',
    'a+b',
    'a%20b',
    'é',
    'e\u0301',
    '日本',
    '🦊',
    '"quoted"',
    'a&b=c',
    'a;b',
    'run',
    'x'.repeat(200),
  ]
  for (const sessionId of ids) {
    const { status, body } = await app.api.run({ message: `I am ${sessionId}`, sessionId })
    expect(status, sessionId).toBe(200)
    expect(body).toMatchObject({ sessionId, message_count: 1 })
  }
  for (const sessionId of ids) {
    const { body } = await app.api.state(sessionId)
    expect(body).toMatchObject({ sessionId, message_count: 1, last_response: `You said: I am ${sessionId}` })
  }
  const { body: list } = await app.api.sessions('?limit=1000')
  expect(list.sessions.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining(ids))
  for (const sessionId of ids) expect((await app.api.remove(sessionId)).status).toBe(204)
  for (const sessionId of ids) expect((await app.api.state(sessionId)).status).toBe(404)
})

test('a busy session refuses a message that asks not to wait its turn', async () => {
  const { body } = await app.api.run({
    message: 'Answer slowly',
    sessionId: 'reject',
    waitForResponse: false,
  })
  const refused = await app.api.run({ message: 'Me too', sessionId: 'reject', onBusy: 'reject' })
  expect(refused.status).toBe(409)
  expect(refused.body.code).toBe('session_busy')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await app.api.waitForOutcome('reject', body.correlationId)
  const accepted = await app.api.run({ message: 'Me too', sessionId: 'reject', onBusy: 'reject' })
  expect(accepted.body.message_count).toBe(2)
})
