import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Outcome, RunReply } from '../support/api.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import type { Rule, Step } from '../support/chat-completions-server-steps.js'
import { type Effect, readEffects } from '../support/effects.js'
import { type SseItem, toStreamedText } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** An app that can be killed and started again on the same data, with a model server that outlives it. */
interface Scene {
  readonly app: RunningApp
  readonly model: ChatCompletionsServer
  effects(): Promise<readonly Effect[]>
  /** `kill -9`, then a start with the same arguments. */
  crash(): Promise<RunningApp>
}

async function setScene(options: { toolMs?: number; script?: Rule; latencyMs?: number }): Promise<Scene> {
  const { toolMs = 0, ...modelOptions } = options
  const model = await bed.startModel({ script: demoRule, ...modelOptions })
  const dataDir = await bed.createFolder()
  const file = join(dataDir, 'effects.log')
  const start = () =>
    bed.startApp({ model, dataDir, env: { E2E_TOOL_MS: String(toolMs), E2E_EFFECTS: file } })
  const app = await start()
  return {
    app,
    model,
    effects: () => readEffects(file),
    async crash() {
      await app.stop('SIGKILL')
      return start()
    },
  }
}

function expectWholeLog(events: readonly SseItem[]): void {
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index))
  expect(events.filter(({ type }) => type === 'run.completed')).toHaveLength(1)
}

const weather = 'What is the weather in Paris?'
const sunny = 'The weather in Paris is currently 72°F and sunny.'

describe('a host that is killed while a tool works', () => {
  const request = { message: weather, sessionId: 'crash', waitForResponse: true }
  const key = { 'idempotency-key': 'order-1' }
  let scene: Scene
  let restarted: RunningApp
  let callsBefore: number
  let outcome: Outcome

  beforeAll(async () => {
    scene = await setScene({ toolMs: 1000 })
    const cutOff = scene.app.api.run(request, key)
    const failure = expect(cutOff).rejects.toThrow()
    await vi.waitFor(async () => expect(await scene.effects()).toHaveLength(1), 5000)
    callsBefore = scene.model.stats().requests
    restarted = await scene.crash()
    await failure
    outcome = await restarted.api.waitForOutcome('crash', 'order-1')
  })

  test('finishes the run after a restart, without anybody asking for it', () => {
    expect(outcome).toMatchObject({ status: 'success', response: sunny, message_count: 1 })
  })

  test('does not repeat the model call that was recorded before', async () => {
    expect(callsBefore).toBe(1)
    expect(scene.model.stats().byKey[weather]).toBe(2)
    const [, answer] = scene.model.requests
    expect(answer?.body.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
  })

  test('runs the read-only tool again under the same call id, as its second attempt', async () => {
    const effects = await scene.effects()
    expect(effects.map(({ what, attempt }) => [what, attempt])).toEqual([
      ['start', 1],
      ['start', 2],
      ['end', 2],
    ])
    expect(new Set(effects.map(({ callId }) => callId)).size).toBe(1)
    expect(new Set(effects.map(({ pid }) => pid)).size).toBe(2)
  })

  test('tells followers a log without gaps, with one end', async () => {
    const reader = await restarted.api.events('crash', 'order-1')
    const events = await reader.end()
    expectWholeLog(events)
    expect(events.filter(({ type }) => type === 'run.started').map(({ data }) => data)).toMatchObject([
      { epoch: 1 },
      { epoch: 2 },
    ])
  })

  test('gives that answer to the caller who repeats the request', async () => {
    const { status, body } = await restarted.api.run(request, key)
    expect(status).toBe(200)
    expect(body).toMatchObject({ response: sunny, correlationId: 'order-1', message_count: 1 })
    expect(scene.model.stats().byKey[weather]).toBe(2)
  })

  test('goes on with the conversation', async () => {
    const { body } = await restarted.api.run({ message: 'Thank you', sessionId: 'crash' })
    expect(body).toMatchObject({ response: 'You said: Thank you', message_count: 2 })
    expect(scene.model.requests.at(-1)?.body.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ])
    const { body: state } = await restarted.api.state('crash')
    expect(state).toMatchObject({ message_count: 2, status: 'idle' })
    expect(state.conversation_history.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ])
  })
})

test('a run killed while its answer streams starts that answer again, and tells followers so', async () => {
  const message = 'Tell me a rather long story about a fox'
  const text = `You said: ${message}`
  const steps: Step[] = [{ text, holdAfterChunks: 5 }, { text }]
  const scene = await setScene({ script: () => steps.shift() ?? { text: 'Once more?' } })
  await scene.app.api.run({ message, sessionId: 's', correlationId: 'r', waitForResponse: false })
  const follower = await scene.app.api.events('s', 'r')
  await follower.waitForType('message.delta')
  const restarted = await scene.crash()
  await expect(follower.end()).rejects.toThrow()

  const events = await (await restarted.api.events('s', 'r')).end()
  expectWholeLog(events)
  expect(events.slice(0, follower.events.length)).toEqual(follower.events)
  expect(events.filter(({ type }) => type === 'step.reset')).toHaveLength(1)
  expect(toStreamedText(events)).toBe(text)
  expect(events.at(-1)?.data).toMatchObject({ response: text, message_count: 1 })
  expect(scene.model.stats().byKey[message]).toBe(2)
})

describe('a run is finished, once, when its host is killed', () => {
  const request = { message: weather, sessionId: 's', correlationId: 'r' }
  const accept = (scene: Scene): Promise<RunReply> =>
    scene.app.api.run({ ...request, waitForResponse: false })
  const moments: readonly [string, { latencyMs?: number }, (scene: Scene) => Promise<unknown>][] = [
    ['right after it was accepted', {}, accept],
    [
      'while the model is thinking about its first answer',
      { latencyMs: 300 },
      async (scene) => {
        await accept(scene)
        await expect.poll(() => scene.model.requests.length).toBe(1)
      },
    ],
    [
      'while the model is thinking about its last answer',
      { latencyMs: 300 },
      async (scene) => {
        await accept(scene)
        await expect.poll(() => scene.model.requests.length, { timeout: 5000 }).toBe(2)
      },
    ],
    ['right after it was answered', {}, (scene) => scene.app.api.run(request)],
  ]

  test.each(moments)('%s', async (_moment, options, until) => {
    const scene = await setScene(options)
    await until(scene)
    const restarted = await scene.crash()
    const outcome = await restarted.api.waitForOutcome('s', 'r')
    expect(outcome).toMatchObject({ status: 'success', response: sunny, message_count: 1 })
    expectWholeLog(await (await restarted.api.events('s', 'r')).end())

    const { body } = await restarted.api.run({ message: 'And now?', sessionId: 's' })
    expect(body).toMatchObject({ response: 'You said: And now?', message_count: 2 })
    const { body: state } = await restarted.api.state('s')
    expect(state.conversation_history.map(({ content }) => content)).toEqual([
      weather,
      sunny,
      'And now?',
      'You said: And now?',
    ])
  })
})

test('messages that wait behind a run that is cut off keep their order', async () => {
  const scene = await setScene({ toolMs: 1000 })
  const { api } = scene.app
  const accept = (message: string) => api.run({ message, sessionId: 'queue', waitForResponse: false })
  const accepted = [await accept(weather), await accept('second'), await accept('third')]
  await expect.poll(scene.effects, { timeout: 5000 }).toMatchObject([{ what: 'start' }])
  const restarted = await scene.crash()
  const last = accepted.at(-1)?.body.correlationId ?? ''
  expect(await restarted.api.waitForOutcome('queue', last)).toMatchObject({ message_count: 3 })
  const { body } = await restarted.api.state('queue')
  expect(
    body.conversation_history.filter(({ role }) => role === 'user').map(({ content }) => content),
  ).toEqual([weather, 'second', 'third'])
})
