import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AgentsClient } from '../../src/client/index.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import { type Rule, readMessageText, type Step } from '../support/chat-completions-server-steps.js'
import { toStreamedText } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const answer = { text: 'All is well again, said the model.' }
const overloaded: Step = { error: { status: 500, body: { error: { message: 'secret of the provider' } } } }

/** What the model does with a message, call by call; afterwards it answers as ever. */
const scripts: Readonly<Record<string, readonly Step[]>> = {
  'asks for patience': [{ error: { status: 429, headers: { 'retry-after': '1' } } }],
  'fails twice': [overloaded, overloaded],
  'hangs up before it answers': [{ ...answer, hangUpAfterChunks: 0 }],
  'hangs up in the middle': [{ ...answer, hangUpAfterChunks: 4 }],
  'sends a malformed chunk': [{ ...answer, malformedChunk: true }],
  'is hidden by an error page': [{ notJson: '<html>Bad gateway</html>' }],
  'fails for good': Array.from({ length: 3 }, () => overloaded),
  'hangs up for good': Array.from({ length: 3 }, () => ({ ...answer, hangUpAfterChunks: 4 })),
  'never sends a whole chunk': Array.from({ length: 3 }, () => ({ ...answer, malformedChunk: true })),
  'refuses the key': [
    { error: { status: 401, body: { error: { message: 'Incorrect API key: sk-secret' } } } },
  ],
  'refuses the request': [{ error: { status: 400, body: { error: { message: 'secret of the provider' } } } }],
  'uses its tokens up on thoughts': [{ reasoning: 'Hm.', finishReason: 'length' }],
  'is cut off': [{ text: 'Once upon', finishReason: 'length' }],
  'asks for too much patience': [{ error: { status: 429, headers: { 'retry-after': '3600' } } }],
}

const scripted: Rule = (body) => {
  const text = readMessageText(body.messages.findLast(({ role }) => role === 'user'))
  const script = scripts[text]
  if (script === undefined) return demoRule(body)
  return script[(calledAt.get(text)?.push(performance.now()) ?? 0) - 1] ?? answer
}
const calledAt = new Map(Object.keys(scripts).map((message) => [message, [] as number[]]))

let model: ChatCompletionsServer
let app: RunningApp

beforeAll(async () => {
  model = await bed.startModel({ script: scripted })
  app = await bed.startApp({ model })
})

function countCalls(message: string): number {
  return model.stats().byKey[message] ?? 0
}

describe('answers although the model', () => {
  const recoveries: readonly [message: string, calls: number][] = [
    ['asks for patience', 2],
    ['fails twice', 3],
    ['hangs up before it answers', 2],
    ['hangs up in the middle', 2],
    ['sends a malformed chunk', 2],
    ['is hidden by an error page', 2],
  ]
  test.concurrent.each(recoveries)('%s', async (message, calls) => {
    const ids = { sessionId: message, correlationId: 'r' }
    const { status, body } = await app.api.run({ message, ...ids })
    expect(body).toMatchObject({ response: answer.text, status: 'success', message_count: 1 })
    expect(status).toBe(200)
    expect(countCalls(message)).toBe(calls)

    const events = await (await app.api.events(message, 'r')).end()
    expect(toStreamedText(events)).toBe(answer.text)
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  })

  test('asks for patience, no sooner than it asked for', async () => {
    const message = 'asks for patience'
    await app.api.run({ message, sessionId: message, correlationId: 'r' })
    const [first = 0, second = 0] = calledAt.get(message) ?? []
    expect(second - first).toBeGreaterThanOrEqual(995)
  })

  test('hangs up in the middle: what was streamed before is void', async () => {
    const message = 'hangs up in the middle'
    await app.api.run({ message, sessionId: message, correlationId: 'r' })
    const events = await (await app.api.events(message, 'r')).end()
    const types = events.map(({ type }) => type)
    expect(types.indexOf('message.delta')).toBeLessThan(types.indexOf('step.reset'))
    expect(types.lastIndexOf('message.delta')).toBeGreaterThan(types.indexOf('step.reset'))
  })
})

describe('fails, once and for all, when the model', () => {
  const failures: readonly [message: string, status: number, code: string, calls: number, advice: object][] =
    [
      ['fails for good', 502, 'model_error', 3, { retryable: true }],
      ['hangs up for good', 502, 'model_error', 3, { retryable: true }],
      ['never sends a whole chunk', 502, 'model_error', 3, { retryable: true }],
      ['refuses the key', 502, 'model_error', 1, { retryable: false }],
      ['uses its tokens up on thoughts', 500, 'answer_cut_off', 1, {}],
      ['refuses the request', 502, 'model_error', 1, { retryable: false }],
      ['asks for too much patience', 429, 'rate_limited', 1, { retryable: true, retryAfterMs: 3_600_000 }],
    ]
  test.concurrent.each(failures)('%s', async (message, status, code, calls, advice) => {
    const request = { message, sessionId: message }
    const key = { 'idempotency-key': 'f' }
    const failed = await app.api.run(request, key)
    expect(failed.body).toMatchObject({ status, code, sessionId: message, correlationId: 'f' })
    expect(failed.body).toMatchObject(advice)
    expect(failed.status).toBe(status)
    expect(failed.headers.get('content-type')).toBe('application/problem+json')
    expect(failed.text).not.toMatch(/secret|\bat .+:\d+/)
    expect(countCalls(message)).toBe(calls)

    const outcome = await app.api.outcome(message, 'f')
    expect(outcome.status).toBe(200)
    expect(outcome.body).toMatchObject({ status: 'error', error: failed.body })

    const events = await (await app.api.events(message, 'f')).end()
    expect(events.at(-1)).toMatchObject({ type: 'run.failed', data: { code } })
    expect(events.map(({ type }) => type)).not.toContain('run.completed')

    const repeated = await app.api.run(request, key)
    expect([repeated.status, repeated.text]).toEqual([failed.status, failed.text])
    expect(countCalls(message)).toBe(calls)

    const client = new AgentsClient({ url: `${app.url}/api` })
    const told = client.session('Assistant', message).resume('f')
    await expect(told).rejects.toMatchObject({ code, ...advice })

    const { body: state } = await app.api.state(message)
    expect(state).toMatchObject({ message_count: 1, status: 'idle', last_response: null })
    expect(state.conversation_history).toMatchObject([
      { role: 'user', content: message },
      { role: 'assistant', agent_response: { kind: 'agent_error', error: { code }, tool_calls: [] } },
    ])

    const next = await app.api.run({ message: 'Go on', sessionId: message })
    expect(next.body).toMatchObject({ response: 'You said: Go on', message_count: 2 })
    expect((await app.api.state(message)).body).toMatchObject({
      message_count: 2,
      last_response: 'You said: Go on',
    })
  })
})

test('an answer that was cut off says so wherever it is read', async () => {
  const message = 'is cut off'
  const cut = { response: 'Once upon', finishReason: 'length' }
  const { status, body } = await app.api.run({ message, sessionId: message }, { 'idempotency-key': 'c' })
  expect([status, body]).toMatchObject([200, cut])
  expect((await app.api.outcome(message, 'c')).body).toMatchObject(cut)
  const { body: state } = await app.api.state(message)
  expect(state.conversation_history.at(-1)?.agent_response).toMatchObject({ finishReason: 'length' })
  const client = new AgentsClient({ url: `${app.url}/api` })
  expect(await client.session('Assistant', message).resume('c')).toMatchObject({
    text: 'Once upon',
    finishReason: 'length',
  })
})

test('the log of the host names the failure, without what the provider or the key said', async () => {
  const message = 'refuses the key'
  await app.api.run({ message, sessionId: message }, { 'idempotency-key': 'f' })
  await expect.poll(app.output).toMatch(/401/)
  expect(app.output()).not.toMatch(/secret|key-of-the-tests/)
})
