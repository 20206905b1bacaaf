import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools, toStepOf } from '../support/script-book.js'
import type { SseItem } from '../support/sse.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const usage = { prompt_tokens: 60, completion_tokens: 60, total_tokens: 120 }

describe('a run of twelve tool rounds that does not fit into one operation', () => {
  const rounds = Array.from({ length: 12 }, (_none, index) => `round-${index}`)
  let scene: RunScene
  let events: readonly SseItem[]

  beforeAll(async () => {
    scene = await RunScene.set(bed, {
      env: { E2E_OPERATION_MS: '1200', E2E_TOOL_MS: '60' },
      model: { latencyMs: 60 },
    })
    scene.book.add('Go on and on', ...rounds.map((id) => callTools(call('work', { id }))))
    const accepted = { sessionId: 's', waitForResponse: false }
    await scene.api.run({ message: 'Go on and on', correlationId: 'r', ...accepted })
    await scene.api.run({ message: 'behind it', correlationId: 'behind', ...accepted })
    events = await (await scene.api.events('s', 'r')).end()
  })

  test('goes on over several, each an epoch of its own, none counted as a crash', () => {
    const started = events.filter(({ type }) => type === 'run.started').map(({ data }) => data)
    expect(started.length).toBeGreaterThan(2)
    expect(started).toMatchObject(started.map((_data, index) => ({ epoch: index + 1, attempt: 1, turn: 1 })))
    const parked = events.filter(({ type }) => type === 'run.parked')
    expect(parked.map(({ data }) => data)).toEqual(parked.map(() => ({ reason: 'operation_limit' })))
    expect(parked).toHaveLength(started.length - 1)
    expect(events.filter(({ type }) => type === 'run.resumed')).toHaveLength(parked.length)
  })

  test('has one answer, and repeats no step', async () => {
    expect(events.at(-1)).toMatchObject({
      type: 'run.completed',
      data: { response: 'Tools: round-11 by work', message_count: 1 },
    })
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
    const asked = scene.model.requests.map(({ body }) => toStepOf(body))
    const steps = asked.filter(({ text }) => text === 'Go on and on').map(({ step }) => step)
    expect(steps).toEqual([...rounds.keys(), rounds.length])
    const begun = (await scene.effects()).filter(({ what }) => what === 'start')
    expect(begun.map(({ id }) => id)).toEqual(rounds)
  })

  test('is followed by the message that waited behind it', async () => {
    expect(await scene.api.waitForOutcome('s', 'behind')).toMatchObject({
      response: 'You said: behind it',
      message_count: 2,
    })
  })
})

describe('limits', () => {
  let scene: RunScene

  beforeAll(async () => {
    scene = await RunScene.set(bed)
  })

  test('tokens of a run: the next model call is not made, 429 is stored, the session goes on', async () => {
    const api = scene.agent('Thrifty')
    const message = scene.book.add('Spend', { ...callTools(call('work', { id: 'spent' })), usage })
    const request = { message, sessionId: 's', correlationId: 'r' }
    for (const _time of ['first', 'repeated']) {
      const { status, body } = await api.run(request)
      expect([status, body.code, body.correlationId]).toEqual([429, 'budget_exhausted', 'r'])
    }
    expect((await api.outcome('s', 'r')).body).toMatchObject({ status: 'error', error: { status: 429 } })
    expect(scene.model.stats().byKey.Spend).toBe(1)
    expect(await scene.effectsOf('spent')).toEqual(['start work 1', 'end work 1'])
    const { status, body } = await api.run({ message: 'Hello', sessionId: 's' })
    expect([status, body.message_count]).toEqual([200, 2])
  })

  test('tokens of a session: counted over its runs and over restarts, other sessions have their own', async () => {
    const message = scene.book.add('Spend all', { text: 'Spent', usage })
    const run = (sessionId: string) => scene.agent('Poor').run({ message, sessionId })
    expect((await run('poor')).body).toMatchObject({ response: 'Spent', usage })
    await scene.restart()
    const { status, body } = await run('poor')
    expect([status, body.code]).toEqual([429, 'budget_exhausted'])
    expect((await run('rich')).status).toBe(200)
    expect(scene.model.stats().byKey['Spend all']).toBe(2)
  })

  test('time of a run: a tool that takes too long is cut off, and the run is given up', async () => {
    const message = scene.book.add('Wait', callTools(call('work', { id: 'waits', gate: 'never' })))
    const { status, body } = await scene.agent('Hasty').run({ message, sessionId: 's' })
    expect([status, body.code]).toEqual([429, 'budget_exhausted'])
    expect(body.detail).toContain('runTimeoutMs')
    const next = await scene.agent('Hasty').run({ message: 'Hello', sessionId: 's' })
    expect([next.status, next.body.message_count]).toEqual([200, 2])
  })

  test('time of a run: a model that takes too long is hung up on, and the run is given up', async () => {
    const message = scene.book.add('Think', { text: 'A long thought', holdAfterChunks: 3 })
    const { status, body } = await scene.agent('Hasty').run({ message, sessionId: 't' })
    expect([status, body.code]).toEqual([429, 'budget_exhausted'])
    expect(await scene.model.requests.at(-1)?.finished).toBe(false)
  })

  test('steps of a run: 500 after the last, and the next message is answered', async () => {
    const steps = ['one', 'two', 'three', 'four'].map((id) => callTools(call('work', { id })))
    const message = scene.book.add('Never enough', ...steps)
    const { status, body } = await scene.agent('Brief').run({ message, sessionId: 's' })
    expect([status, body.code]).toEqual([500, 'max_steps_exceeded'])
    expect(scene.model.stats().byKey['Never enough']).toBe(3)
    const next = await scene.agent('Brief').run({ message: 'Hello', sessionId: 's' })
    expect([next.status, next.body.message_count]).toEqual([200, 2])
  })
})
