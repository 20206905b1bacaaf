import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HistoryEntry } from '../../src/run/history-entry.js'
import type { ChatCompletionsServer } from '../support/chat-completions-server.js'
import { demoRule } from '../support/chat-completions-server-rules.js'
import { readEffects } from '../support/effects.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let model: ChatCompletionsServer
let app: RunningApp
let effectsFile: string
/** Model calls that are being answered, and the most there were at once. */
let open = 0
let mostOpen = 0

beforeAll(async () => {
  model = await bed.startModel({
    latencyMs: 2,
    script(body, call) {
      open += 1
      mostOpen = Math.max(mostOpen, open)
      model.requests[call - 1]?.finished.then(() => {
        open -= 1
      })
      return demoRule(body)
    },
  })
  const dataDir = await bed.createFolder()
  effectsFile = join(dataDir, 'effects.log')
  app = await bed.startApp({ model, dataDir, env: { E2E_EFFECTS: effectsFile, E2E_TOOL_MS: '1' } })
})

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_none, index) => index + 1)
}

/** What the user said and when that was accepted, in the order of the conversation. */
function toQuestions(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  return history.filter(({ role }) => role === 'user')
}

test('50 messages sent to one session at once are answered one at a time, in order of acceptance', async () => {
  mostOpen = 0
  const answers = await Promise.all(
    upTo(50).map((index) => app.api.run({ message: `weather ${index} in Paris`, sessionId: 'one' })),
  )
  expect(answers.map(({ status }) => status)).toEqual(upTo(50).map(() => 200))

  const { body: state } = await app.api.state('one')
  expect(state).toMatchObject({ message_count: 50, status: 'idle' })
  const questions = toQuestions(state.conversation_history)
  const byPlace = answers.map(({ body }) => body).sort((a, b) => a.message_count - b.message_count)
  expect(byPlace.map(({ message_count }) => message_count)).toEqual(upTo(50))
  expect(questions.map(({ content }) => content)).toEqual(byPlace.map(({ message }) => message))

  const acceptedAt = questions.map(({ timestamp }) => timestamp)
  expect(acceptedAt).toEqual([...acceptedAt].sort())
  expect(state.conversation_history.map(({ role }) => role)).toEqual(
    upTo(50).flatMap(() => ['user', 'assistant']),
  )

  expect(mostOpen).toBe(1)
  expect(model.stats().requests).toBe(100)
  const effects = await readEffects(effectsFile)
  expect(effects.map(({ what }) => what)).toEqual(upTo(50).flatMap(() => ['start', 'end']))

  const shown = model.requests.at(-1)?.body.messages.filter(({ role }) => role === 'user') ?? []
  expect(shown.map(({ content }) => content)).toEqual(questions.map(({ content }) => content))
})

test('messages accepted one after the other are answered in that order', async () => {
  const accepted = []
  for (const index of upTo(20)) {
    const message = `number ${index}`
    const { body } = await app.api.run({ message, sessionId: 'queue', waitForResponse: false })
    accepted.push({ message, run: body.correlationId })
  }
  const outcomes = await Promise.all(accepted.map(({ run }) => app.api.waitForOutcome('queue', run)))
  expect(outcomes.map(({ message_count }) => message_count)).toEqual(upTo(20))
  const { body: state } = await app.api.state('queue')
  expect(toQuestions(state.conversation_history).map(({ content }) => content)).toEqual(
    accepted.map(({ message }) => message),
  )
})

test('20 sessions answer five messages each, side by side and without mixing them up', async () => {
  mostOpen = 0
  const sessions = upTo(20).map((index) => `side-${index}`)
  const runs = sessions.flatMap((sessionId) =>
    upTo(5).map((index) => app.api.run({ message: `${sessionId} says ${index}`, sessionId })),
  )
  const answers = await Promise.all(runs)
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body.response).toBe(`You said: ${body.message}`)
    expect(body.message).toContain(`${body.sessionId} `)
  }
  expect(mostOpen).toBeGreaterThan(1)
  for (const sessionId of sessions) {
    const { body } = await app.api.state(sessionId)
    expect(body).toMatchObject({ message_count: 5, status: 'idle' })
    const said = toQuestions(body.conversation_history).map(({ content }) => content)
    expect([...said].sort()).toEqual(upTo(5).map((index) => `${sessionId} says ${index}`))
  }
})

test('the same request sent many times at once is one run', async () => {
  const request = { message: 'Only once', sessionId: 'same', correlationId: 'the-one' }
  const answers = await Promise.all(upTo(20).map(() => app.api.run(request)))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(answers[0]?.body).toMatchObject({ status: 'success', message_count: 1 })
  expect(model.stats().byKey['Only once']).toBe(1)
})
