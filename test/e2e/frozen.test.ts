import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools, toStepOf } from '../support/script-book.js'
import type { SseItem } from '../support/sse.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const rounds = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']
const answer = 'Tools: r6 by work'

describe('a host that sleeps for longer than its lease in the middle of a long run', () => {
  let scene: RunScene
  let sleeper: RunningApp
  let other: RunningApp
  let events: readonly SseItem[]

  beforeAll(async () => {
    scene = await RunScene.set(bed, { hosts: 2, args: ['--lease-ms', '2000'] })
    const steps = rounds.map((id) => callTools(call('work', id === 'r3' ? { id, gate: 'r3' } : { id })))
    scene.book.add('A long run', ...steps)
    const fields = { message: 'A long run', sessionId: 's', correlationId: 'r', waitForResponse: false }
    await scene.api.run(fields)
    const { pid } = await scene.waitForWork('r3')
    sleeper = scene.hosts.find((host) => host.pid === pid) ?? scene.host
    other = scene.hosts.find((host) => host.pid !== pid) ?? scene.host
    await scene.freeze(sleeper)
    const follower = await other.api.events('s', 'r')
    events = await follower.end()
    process.kill(sleeper.pid, 'SIGCONT')
    // Its tool, still at the gate, now comes to an end for the second time.
    await scene.openGate('r3')
    await waitFor(async () => (await scene.effectsOf('r3')).find((effect) => effect === 'end work 1'))
    await sleeper.waitForOutput(/session s: Run r of session s went on elsewhere/)
  })

  test('is taken over from: the run ends on the other host', () => {
    expect(events.at(-1)).toMatchObject({
      type: 'run.completed',
      data: { response: answer, message_count: 1 },
    })
  })

  test('is fenced off when it wakes up: the log has one line of history', async () => {
    for (const host of scene.hosts) {
      expect(await (await host.api.events('s', 'r')).end()).toEqual(events)
    }
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
    const ofType = (type: string) => events.filter((event) => event.type === type)
    expect(ofType('run.started').map(({ data }) => data)).toMatchObject([
      { epoch: 1, attempt: 1 },
      { epoch: 2, attempt: 2 },
    ])
    expect(ofType('step.completed')).toHaveLength(rounds.length + 1)
    expect(ofType('tool.completed')).toHaveLength(rounds.length)
    expect(events.filter(({ type }) => /^run\.(completed|failed|cancelled)$/.test(type))).toHaveLength(1)
  })

  test('makes no further model call, and no further tool call', async () => {
    const steps = scene.model.requests.map(({ body }) => toStepOf(body).step)
    expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6])
    const effects = await scene.effects()
    expect(effects.filter(({ pid }) => pid === sleeper.pid).map(({ what, id }) => `${what} ${id}`)).toEqual([
      'start r1',
      'end r1',
      'start r2',
      'end r2',
      'start r3',
      'end r3',
    ])
    expect(effects.filter(({ pid }) => pid === other.pid).map(({ what, id }) => `${what} ${id}`)).toEqual(
      ['r3', 'r4', 'r5', 'r6'].flatMap((id) => [`start ${id}`, `end ${id}`]),
    )
  })

  test('does under one key what both have done', async () => {
    const effects = (await scene.effects()).filter(({ id }) => id === 'r3')
    expect(effects.map(({ what, attempt }) => `${what} ${attempt}`)).toEqual([
      'start 1',
      'start 2',
      'end 2',
      'end 1',
    ])
    expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  })

  test('serves the session afterwards like the other', async () => {
    for (const [index, host] of [sleeper, other].entries()) {
      const { body } = await host.api.run({ message: `next ${index}`, sessionId: 's' })
      expect(body).toMatchObject({ response: `You said: next ${index}`, message_count: index + 2 })
    }
  })
})
