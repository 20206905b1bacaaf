import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlowClient, type FlowStatus } from '../host/durable/flow-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools, toStepOf } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { createRandom, groupBy, nameSeed } from '../support/storm.js'

const bed = new TestBed()
afterAll(() => bed.end())

const total = 200
const kills = 12
const seed = Number(process.env.E2E_SEED ?? Math.floor(Math.random() * 2 ** 31))
const messages = Array.from({ length: total }, (_, index) => `run ${index}`)

interface RunResult {
  readonly text: string
  readonly sessionId: string
  readonly correlationId: string
}

let scene: RunScene
let ended: FlowStatus

beforeAll(async () => {
  const entry = 'test/fixtures/apps/e2e-orchestrations/app.js'
  scene = await RunScene.set(bed, { entry, model: { latencyMs: 20 }, env: { E2E_TOOL_MS: '20' } })
  for (const message of messages) scene.book.add(message, callTools(call('work', { id: message })))
  const flows = createFlowClient(scene.host)
  await fetch(`${flows.api}/orchestrators/fanOut/storm`, { method: 'POST', body: JSON.stringify(messages) })
  await killAtRandom()
  ended = await flows.end('storm')
}, 240_000)

/** Kills the host again and again, spread over the model calls that the orchestration makes. */
async function killAtRandom(): Promise<void> {
  const random = createRandom(seed)
  for (let kill = 0; kill < kills; kill += 1) {
    const due = ((kill + random() * 0.6) * 2 * total) / kills
    while (scene.model.stats().requests < due) await delay(2)
    await delay(random() * 60)
    await scene.restart()
  }
}

describe(`an orchestration of ${total} agent runs while the host is killed ${kills} times`, () => {
  test('ends with every answer in its place', () => {
    nameSeed(seed)
    expect(ended.runtimeStatus).toBe('Completed')
    expect(ended.output).toMatchObject(messages.map((id) => ({ text: `Tools: ${id} by work` })))
  })

  test('makes no model call again whose answer was recorded', async () => {
    nameSeed(seed)
    const asked = scene.model.requests.map(({ body }) => toStepOf(body))
    const calls = groupBy(asked, ({ text }) => text)
    expect(calls.size).toBe(total)
    for (const [index, { sessionId, correlationId }] of (ended.output as RunResult[]).entries()) {
      const message = messages[index] ?? ''
      const events = await (await scene.api.events(sessionId, correlationId)).end()
      const count = (type: string) => events.filter((event) => event.type === type).length
      expect([count('run.completed'), count('step.completed'), count('tool.completed')], message).toEqual([
        1, 2, 1,
      ])
      const steps = (calls.get(message) ?? []).map(({ step }) => step)
      expect(steps, message).toEqual([...steps].sort())
      // Only a call that was cut off may be made again, once for each execution after the first.
      expect(steps.length, message).toBeLessThanOrEqual(count('run.started') + 1)
    }
  })

  test('leaves no run behind, and none that was begun twice', async () => {
    nameSeed(seed)
    const { body } = await scene.api.call<{ sessions: readonly { sessionId: string }[] }>(
      `/agents/Assistant?limit=1000`,
    )
    const sessions = new Set((ended.output as RunResult[]).map(({ sessionId }) => sessionId))
    expect(sessions.size).toBe(total)
    for (const { sessionId } of body.sessions) expect(sessions).toContain(sessionId)
  })
})
