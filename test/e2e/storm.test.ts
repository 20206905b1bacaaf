import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ToolStarted } from '../../src/run/events.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools, toStepOf } from '../support/script-book.js'
import type { SseItem } from '../support/sse.js'
import { TestBed } from '../support/start-app.js'
import { groupBy, nameSeed, raiseStorm, type StormAnswer, toStormMessage } from '../support/storm.js'

const bed = new TestBed()
afterAll(() => bed.end())

const storm = { sessions: 20, turnsPerSession: 10, kills: 12 }
const total = storm.sessions * storm.turnsPerSession
const seed = Number(process.env.E2E_SEED ?? Math.floor(Math.random() * 2 ** 31))

let scene: RunScene
let answers: readonly StormAnswer[]
/** The log of each turn, named `<session>/<run>`. */
let logs: ReadonlyMap<string, readonly SseItem[]>

beforeAll(async () => {
  scene = await RunScene.set(bed, { model: { latencyMs: 20 }, env: { E2E_TOOL_MS: '30' } })
  for (let index = 0; index < storm.sessions; index += 1) {
    for (let turn = 1; turn <= storm.turnsPerSession; turn += 1) {
      const id = `session-${index}#${turn}`
      scene.book.add(
        toStormMessage(`session-${index}`, turn),
        callTools(call('work', { id }), call('work', { id: `${id}b` })),
      )
    }
  }
  answers = await raiseStorm(scene, { ...storm, seed })
  const entries = answers.map(async ({ session, run }): Promise<[string, readonly SseItem[]]> => {
    const events = await scene.api.events(session, run)
    return [`${session}/${run}`, await events.end()]
  })
  logs = new Map(await Promise.all(entries))
}, 90_000)

function readCalls(events: readonly SseItem[]): readonly ToolStarted[] {
  return events.flatMap(({ type, data }) => (type === 'tool.started' ? [data as ToolStarted] : []))
}

describe('200 tool turns while the host is killed a dozen times', () => {
  test('get 200 answers, every one right', () => {
    nameSeed(seed)
    expect(answers).toHaveLength(total)
    for (const { session, run, message, reply } of answers) {
      const turn = Number(run.slice('turn-'.length))
      const id = `${session}#${turn}`
      expect([reply.status, reply.body]).toMatchObject([
        200,
        {
          message,
          response: `Tools: ${id} by work | ${id}b by work`,
          message_count: turn,
          correlationId: run,
        },
      ])
    }
    // Nobody could have been answered without asking again, had the host not been killed meanwhile.
    expect(answers.filter(({ tries }) => tries > 1).length).toBeGreaterThanOrEqual(storm.kills)
  })

  test('leave logs without gaps, each with one end and every step once', () => {
    nameSeed(seed)
    for (const [name, events] of logs) {
      const where = `${name}: ${events.map(({ type }) => type).join(' ')}`
      const ids = events.map(({ id = '' }) => id)
      expect(ids, where).toEqual(events.map((_event, id) => id))
      const count = (type: string) => events.filter((event) => event.type === type).length
      expect([count('run.completed'), count('step.completed'), count('tool.completed')], where).toEqual([
        1, 2, 2,
      ])
      expect(events.at(-1)?.type, where).toBe('run.completed')
      const epochs = events.filter(({ type }) => type === 'run.started').map(({ data }) => data)
      expect(epochs, where).toMatchObject(epochs.map((_epoch, index) => ({ epoch: index + 1 })))
    }
  })

  test('make no model call again whose answer was recorded', () => {
    nameSeed(seed)
    const calls = groupBy(
      scene.model.requests.map(({ body }) => toStepOf(body)),
      ({ text }) => text,
    )
    expect(calls.size).toBe(total)
    let repeats = 0
    for (const { session, run, message } of answers) {
      const steps = (calls.get(message) ?? []).map(({ step }) => step)
      // The second call shows that the answer to the first is on record: from then on that one never comes again.
      expect(steps, message).toEqual([...steps].sort())
      expect(new Set(steps), message).toEqual(new Set([0, 1]))
      const starts = (logs.get(`${session}/${run}`) ?? []).filter(({ type }) => type === 'run.started').length
      expect(steps.length, message).toBeLessThanOrEqual(starts + 1)
      repeats += steps.length - 2
    }
    expect(repeats).toBeLessThanOrEqual(storm.kills * storm.sessions)
  })

  test('make no tool call again whose result was recorded, and repeat the others under one key', async () => {
    nameSeed(seed)
    const effects = await scene.effects()
    const byCall = groupBy(effects, ({ id = '' }) => id)
    expect(byCall.size).toBe(2 * total)
    for (const events of logs.values()) {
      for (const started of groupBy(readCalls(events), ({ callId }) => callId).values()) {
        const [first] = started
        const { id = '' } = (first?.arguments ?? {}) as { readonly id?: string }
        const own = byCall.get(id) ?? []
        expect(new Set(own.map((effect) => effect.idempotencyKey)), id).toEqual(
          new Set([first?.idempotencyKey]),
        )
        const attempts = own.filter(({ what }) => what === 'start').map(({ attempt }) => attempt)
        // An attempt may have been cut off before its first line, but none comes twice or after the result.
        expect(attempts, id).toEqual([...new Set(attempts)].sort((a, b) => a - b))
        expect(attempts.at(-1), id).toBe(started.length)
      }
    }
  })

  test('leave every session with its whole conversation, and the next message finds it', async () => {
    nameSeed(seed)
    for (let index = 0; index < storm.sessions; index += 1) {
      const session = `session-${index}`
      const { body } = await scene.api.state(session)
      expect([body.message_count, body.status]).toEqual([storm.turnsPerSession, 'idle'])
      const said = body.conversation_history
        .filter(({ role }) => role === 'user')
        .map(({ content }) => content)
      expect(said).toEqual(said.map((_text, at) => toStormMessage(session, at + 1)))
      expect(body.conversation_history).toHaveLength(2 * storm.turnsPerSession)
    }
    const { body } = await scene.api.run({ message: 'next', sessionId: 'session-0' })
    expect(body.message_count).toBe(storm.turnsPerSession + 1)
  })
})
