import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../support/api.js'
import { RunScene, waitFor } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import type { SseItem } from '../support/sse.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

/** Each session's tool, which is cut off in its first execution by the one `kill -9` that all of them share. */
const tools = {
  retry: 'work',
  ask: 'work_ask',
  'ask-no': 'work_ask',
  'ask-edit': 'work_ask',
  fail: 'work_fail',
  done: 'work_done',
  'not-done': 'work_not_done',
  unknown: 'work_unknown',
} as const
type Session = keyof typeof tools
const sessions = Object.keys(tools) as Session[]

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
  for (const session of sessions) {
    const message = scene.book.add(
      `Use ${session}`,
      callTools(call(tools[session], { id: session, gate: 'never' })),
    )
    await scene.api.run({ message, sessionId: session, correlationId: 'r', waitForResponse: false })
  }
  await Promise.all(sessions.map((session) => scene.waitForWork(session)))
  await scene.restart()
})

async function readEvents(session: Session): Promise<readonly SseItem[]> {
  const events = await (await scene.api.events(session, 'r')).end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  return events
}

async function finish(session: Session): Promise<Outcome> {
  const outcome = await scene.api.waitForOutcome(session, 'r')
  // One call to choose the tool, one to answer: the kill repeated none of them.
  expect(scene.model.stats().byKey[`Use ${session}`]).toBe(2)
  return outcome
}

async function readApproval(session: Session) {
  const read = async () => (await scene.api.state(session)).body.approvals?.[0]
  await expect.poll(read, { timeout: 5000 }).toBeDefined()
  return read()
}

async function expectOneKey(session: Session): Promise<void> {
  const effects = (await scene.effects()).filter(({ id }) => id === session)
  expect(new Set(effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  expect(new Set(effects.map(({ callId }) => callId)).size).toBe(1)
}

test('retry: the call is made again under its key, as its second attempt', async () => {
  expect(await finish('retry')).toMatchObject({ response: 'Tools: retry by work' })
  expect(await scene.effectsOf('retry')).toEqual(['start work 1', 'start work 2', 'end work 2'])
  await expectOneKey('retry')
  const started = (await readEvents('retry')).filter(({ type }) => type === 'tool.started')
  expect(started.map(({ data }) => data)).toMatchObject([{ attempt: 1 }, { attempt: 2 }])
})

describe('ask: a human is asked', () => {
  test('with what is at stake, and meanwhile nothing runs', async () => {
    for (const session of ['ask', 'ask-no', 'ask-edit'] as const) {
      expect(await readApproval(session)).toMatchObject({
        name: 'work_ask',
        arguments: { id: session, gate: 'never' },
        reason: 'unknown_outcome',
      })
      expect(await scene.effectsOf(session)).toEqual(['start work_ask 1'])
    }
  })

  test('approve: it runs again under its key', async () => {
    const approval = await readApproval('ask')
    await scene.api.decide('ask', approval?.approvalId ?? '', { decision: 'approve' })
    expect(await finish('ask')).toMatchObject({ response: 'Tools: ask by work_ask' })
    expect(await scene.effectsOf('ask')).toEqual(['start work_ask 1', 'start work_ask 2', 'end work_ask 2'])
    await expectOneKey('ask')
  })

  test('reject: it does not run, and the model is told that nobody knows', async () => {
    const approval = await readApproval('ask-no')
    await scene.api.decide('ask-no', approval?.approvalId ?? '', { decision: 'reject', reason: 'Too risky' })
    const { response } = await finish('ask-no')
    expect(response).toMatch(/decided not to run it again: Too risky\. .* unknown/)
    expect(await scene.effectsOf('ask-no')).toEqual(['start work_ask 1'])
  })

  test('approve with other arguments: those are checked, and used', async () => {
    const approval = await readApproval('ask-edit')
    const decide = (args: object) =>
      scene.api.decide('ask-edit', approval?.approvalId ?? '', { decision: 'approve', arguments: args })
    expect((await decide({ id: 7 })).body.issues).toMatchObject([{ path: 'arguments.id' }])
    expect((await decide({ id: 'ask-edit', gate: 'never either' })).status).toBe(202)
    expect(await finish('ask-edit')).toMatchObject({ response: 'Tools: ask-edit by work_ask' })
    const started = (await readEvents('ask-edit')).filter(({ type }) => type === 'tool.started')
    expect(started.at(-1)?.data).toMatchObject({ attempt: 2, arguments: { gate: 'never either' } })
  })
})

test('fail: it does not run again, and the model is told so', async () => {
  const { response } = await finish('fail')
  expect(response).toMatch(/unknown\. It was not run again/)
  expect(await scene.effectsOf('fail')).toEqual(['start work_fail 1'])
})

test('reconcile says done: the result of the destination counts, and nothing runs', async () => {
  expect(await finish('done')).toMatchObject({ response: 'Tools: done was done' })
  expect(await scene.effectsOf('done')).toEqual(['start work_done 1', 'reconcile done 1'])
  await expectOneKey('done')
})

test('reconcile says not done: it runs again', async () => {
  expect(await finish('not-done')).toMatchObject({ response: 'Tools: not-done by work_not_done' })
  expect(await scene.effectsOf('not-done')).toEqual([
    'start work_not_done 1',
    'reconcile not_done 1',
    'start work_not_done 2',
    'end work_not_done 2',
  ])
  await expectOneKey('not-done')
})

test('reconcile does not know: the policy decides', async () => {
  const { response } = await finish('unknown')
  expect(response).toMatch(/unknown\. It was not run again/)
  expect(await scene.effectsOf('unknown')).toEqual(['start work_unknown 1', 'reconcile unknown 1'])
})

test('the sessions go on, and the model server accepts their histories', async () => {
  for (const session of sessions) {
    const { status, body } = await scene.api.run({ message: `next in ${session}`, sessionId: session })
    expect([session, status, body.message_count]).toEqual([session, 200, 2])
  }
})

describe('a batch of parallel calls that is cut off', () => {
  let outcome: Outcome
  let keptResults: readonly SseItem[]

  beforeAll(async () => {
    const message = scene.book.add(
      'Do three things',
      callTools(
        call('work_ask', { id: 'p-finished' }),
        call('work', { id: 'p-cut', gate: 'never' }),
        call('work_fail', { id: 'p-finished-2' }),
      ),
    )
    await scene.api.run({ message, sessionId: 'batch', correlationId: 'r', waitForResponse: false })
    const follower = await scene.api.events('batch', 'r')
    keptResults = await waitFor(() => {
      const results = follower.events.filter(({ type }) => type === 'tool.completed')
      return results.length === 2 ? results : undefined
    })
    await scene.waitForWork('p-cut')
    const cutOff = expect(follower.end()).rejects.toThrow()
    await scene.restart()
    await cutOff
    outcome = await scene.api.waitForOutcome('batch', 'r')
  })

  test('does not repeat the calls whose results were recorded, whatever their policy', async () => {
    expect(await scene.effectsOf('p-finished')).toEqual(['start work_ask 1', 'end work_ask 1'])
    expect(await scene.effectsOf('p-finished-2')).toEqual(['start work_fail 1', 'end work_fail 1'])
    const events = await (await scene.api.events('batch', 'r')).end()
    const completed = events.filter(({ type }) => type === 'tool.completed')
    expect(completed).toHaveLength(3)
    expect(completed.slice(0, 2)).toEqual(keptResults)
  })

  test('repeats only the one without, and answers with all three in their order', async () => {
    expect(await scene.effectsOf('p-cut')).toEqual(['start work 1', 'start work 2', 'end work 2'])
    expect(outcome).toMatchObject({
      response: 'Tools: p-finished by work_ask | p-cut by work | p-finished-2 by work_fail',
    })
    expect(scene.model.stats().byKey['Do three things']).toBe(2)
  })
})

test('a run inside another agent that is cut off goes on where it was', async () => {
  scene.book.add('Delegate', callTools(call('Expert', { query: 'Think hard' })))
  const text = 'Thought through'
  const steps = [callTools(call('refund', { order: 3, amount: 3 })), { text, holdAfterChunks: 1 }, { text }]
  scene.book.addRule('Think hard', () => steps.shift() ?? { text: 'Thought too often' })
  await scene.api.run({ message: 'Delegate', sessionId: 'inner', correlationId: 'r', waitForResponse: false })
  await expect.poll(() => scene.model.stats().byKey['Think hard'], { timeout: 5000 }).toBe(2)
  await scene.restart()
  expect(await scene.api.waitForOutcome('inner', 'r')).toMatchObject({ response: 'Tools: Thought through' })
  expect(await scene.effectsOf('3:3')).toEqual(['end refund 1'])
  expect(scene.model.stats().byKey).toMatchObject({ Delegate: 2, 'Think hard': 3 })
})
