import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlowClient, type FlowClient, type FlowStatus } from '../host/durable/flow-client.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools, toStepOf } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'
import { createRandom, groupBy, nameSeed } from '../support/storm.js'

const bed = new TestBed()
afterAll(() => bed.end())

const perKind = 8
const kills = 6
const seed = Number(process.env.E2E_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** How a run waits: for a human, or for the orchestration of its tool. */
const kinds = {
  refund: { args: { order: 1, amount: 500 }, text: 'Tools: 500 for 1' },
  publish: { args: { text: 'news' }, text: 'Tools: {"published":"news"}' },
}
type Kind = keyof typeof kinds
const runs = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
  Array.from({ length: perKind }, (_, index) => ({ kind, session: `${kind}-${index}` })),
)

let scene: RunScene
let flows: FlowClient
const ended = new Map<string, FlowStatus>()

beforeAll(async () => {
  const entry = 'test/fixtures/apps/e2e-orchestrations/app.js'
  scene = await RunScene.set(bed, { entry, model: { latencyMs: 20 } })
  flows = createFlowClient(scene.host)
  for (const { kind, session } of runs) {
    scene.book.add(session, callTools(call(kind, kinds[kind].args)))
    const body = JSON.stringify({ message: session, session })
    await fetch(`${flows.api}/orchestrators/run/${session}`, { method: 'POST', body })
  }
  const over = new AbortController()
  const deciding = runs.map((run) => decideUntilEnded(run, over.signal))
  try {
    await killAtRandom()
    await Promise.all(deciding)
  } finally {
    over.abort()
    await Promise.allSettled(deciding)
  }
}, 120_000)

async function killAtRandom(): Promise<void> {
  const random = createRandom(seed)
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(50 + random() * 400)
    await scene.restart()
  }
}

/** What a patient human does: looks, decides, and does it again when the server was gone. */
async function decideUntilEnded(run: (typeof runs)[number], over: AbortSignal): Promise<void> {
  while (!over.aborted && !ended.has(run.session)) {
    try {
      await decide(run)
      const status = await flows.status(run.session)
      if (/Completed|Failed/.test(status.runtimeStatus)) ended.set(run.session, status)
    } catch {
      // The host is gone; it comes back.
    }
    await delay(20)
  }
}

async function decide({ kind, session }: (typeof runs)[number]): Promise<void> {
  const { body } = await scene.api.state(session)
  if (kind === 'publish') return agree(session, body.run?.correlationId)
  for (const { approvalId } of body.approvals ?? []) {
    await scene.api.decide(session, approvalId, { decision: 'approve' })
  }
}

/** The ids of the orchestrations that do the tools' work, by session. */
const works = new Map<string, string>()

async function agree(session: string, run: string | undefined): Promise<void> {
  if (run === undefined) return
  const work = works.get(session) ?? (await readWork(session, run))
  works.set(session, work)
  await flows.raise(work, 'decision', { agreed: true })
}

async function readWork(session: string, run: string): Promise<string> {
  const reader = await scene.api.events(session, run)
  return ((await reader.waitForType('tool.started')).data as { idempotencyKey: string }).idempotencyKey
}

describe(`${runs.length} orchestrations whose runs wait, while the host is killed ${kills} times`, () => {
  test('end with their answers', () => {
    nameSeed(seed)
    for (const { kind, session } of runs) expect(ended.get(session)?.output, session).toBe(kinds[kind].text)
  })

  test('make no model call again whose answer was recorded, and carry out each decision once', async () => {
    nameSeed(seed)
    const asked = scene.model.requests.map(({ body }) => toStepOf(body))
    const calls = groupBy(asked, ({ text }) => text)
    for (const { session } of runs) {
      const steps = (calls.get(session) ?? []).map(({ step }) => step)
      expect(steps, session).toEqual([...steps].sort())
      const { body } = await scene.api.state(session)
      expect([body.message_count, body.status], session).toEqual([1, 'idle'])
      expect(body.conversation_history[1]?.agent_response?.tool_calls, session).toHaveLength(1)
    }
  })
})
