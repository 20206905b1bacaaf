import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalRequested } from '../../src/run/events.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
  scene.book.add('Refund 7', callTools(call('refund', { order: 7, amount: 250 })))
  scene.book.add(
    'Refund three',
    callTools(
      call('refund', { order: 1, amount: 101 }),
      call('refund', { order: 2, amount: 2 }),
      call('refund', { order: 3, amount: 103 }),
    ),
  )
})

const approve = { decision: 'approve' } as const

async function ask(session: string, message: string): Promise<readonly ApprovalRequested[]> {
  const { status, body } = await scene.api.run({ message, sessionId: session, correlationId: 'r' })
  expect(status).toBe(202)
  return body.approvals ?? []
}

async function readEvents(session: string, run = 'r') {
  const events = await (await scene.api.events(session, run)).end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  return events
}

function withoutDeltas(types: readonly { readonly type: string }[]): readonly string[] {
  return types.map(({ type }) => type).filter((type) => !type.endsWith('.delta'))
}

test('a follower sees the run stop for a human, and go on, in one stream without gaps', async () => {
  await scene.api.run({
    message: 'Refund 7',
    sessionId: 'follow',
    correlationId: 'r',
    waitForResponse: false,
  })
  const follower = await scene.api.events('follow', 'r')
  const asked = await follower.waitForType('approval.requested')
  await follower.waitForType('run.parked')
  const { approvalId } = asked.data as ApprovalRequested
  await scene.api.decide('follow', approvalId, approve)
  const events = await follower.end()
  expect(events.map(({ id }) => id)).toEqual(events.map((_event, id) => id))
  expect(withoutDeltas(events)).toEqual([
    'run.accepted',
    'run.started',
    'step.completed',
    'approval.requested',
    'run.parked',
    'run.started',
    'run.resumed',
    'approval.decided',
    'tool.started',
    'tool.completed',
    'step.completed',
    'run.completed',
  ])
})

describe('parallel calls', () => {
  test('each get an approval of their own; those that need none run meanwhile', async () => {
    const approvals = await ask('parallel', 'Refund three')
    expect(approvals.map(({ arguments: args }) => args)).toEqual([
      { order: 1, amount: 101 },
      { order: 3, amount: 103 },
    ])
    expect(new Set(approvals.map(({ approvalId }) => approvalId)).size).toBe(2)
    expect(await scene.effectsOf('2:2')).toEqual(['end refund 1'])
  })

  test('run as they are decided, and the model goes on only after the last', async () => {
    const approvals = (await scene.api.state('parallel')).body.approvals ?? []
    const [first, second] = approvals.map(({ approvalId }) => approvalId)
    const callsBefore = scene.model.stats().requests
    const { body: decided } = await scene.api.decide('parallel', second ?? '', approve)
    expect(decided.approvals).toMatchObject([{ approvalId: first }])
    await expect.poll(() => scene.effectsOf('3:103')).toEqual(['end refund 1'])
    await expect
      .poll(async () => (await scene.api.state('parallel')).body.approvals)
      .toMatchObject([{ approvalId: first }])
    expect(scene.model.stats().requests).toBe(callsBefore)
    await scene.api.decide('parallel', first ?? '', { decision: 'reject', reason: 'no' })
    const { response } = await scene.api.waitForOutcome('parallel', 'r')
    expect(response).toMatch(/^Tools: .*rejected this call: no.* \| 2 for 2 \| 103 for 3$/)
    expect(await scene.effectsOf('2:2')).toEqual(['end refund 1'])
    expect(await scene.effectsOf('1:101')).toEqual([])
  })
})

test('an approval is asked for, and decided, while another tool is at work', async () => {
  const message = scene.book.add(
    'Work and refund',
    callTools(call('work', { id: 'beside', gate: 'beside' }), call('refund', { order: 9, amount: 109 })),
  )
  await scene.api.run({ message, sessionId: 'beside', correlationId: 'r', waitForResponse: false })
  await scene.waitForWork('beside')
  const { body: outcome } = await scene.api.outcome('beside', 'r')
  const { body: state } = await scene.api.state('beside')
  const { approvals = [] } = outcome
  expect(approvals).toHaveLength(1)
  expect(outcome.status).toBe('running')
  expect(state).toMatchObject({ status: 'running', run: { status: 'running' }, approvals })
  const id = approvals[0]?.approvalId ?? ''
  expect((await scene.api.decide('beside', id, approve)).status).toBe(202)
  // The run learns of it when it is done with the other tool.
  for (const { body } of [await scene.api.outcome('beside', 'r'), await scene.api.state('beside')])
    expect([body.status, body.approvals]).toEqual(['running', undefined])
  expect((await scene.api.decide('beside', id, approve)).status).toBe(409)
  await scene.openGate('beside')
  const { response } = await scene.api.waitForOutcome('beside', 'r')
  expect(response).toBe('Tools: beside by work | 109 for 9')
})

describe('an approval inside another agent', () => {
  test('names the innermost tool, is shown by the outer run, and lets both go on', async () => {
    scene.book.add('Ask the expert', callTools(call('Expert', { query: 'Refund 40' })))
    scene.book.add('Refund 40', callTools(call('refund', { order: 40, amount: 400 })))
    const [approval] = await ask('nested', 'Ask the expert')
    expect(approval).toMatchObject({
      name: 'refund',
      arguments: { order: 40, amount: 400 },
      reason: 'policy',
    })
    const bad = await scene.api.decide('nested', approval?.approvalId ?? '', {
      ...approve,
      arguments: { order: 40, amount: -1 },
    })
    expect([bad.status, bad.body.issues?.[0]?.path]).toEqual([400, 'arguments.amount'])
    await scene.api.decide('nested', approval?.approvalId ?? '', {
      ...approve,
      arguments: { order: 40, amount: 140 },
    })
    expect(await scene.api.waitForOutcome('nested', 'r')).toMatchObject({
      response: 'Tools: Tools: 140 for 40',
      message_count: 1,
    })
    expect(await scene.effectsOf('40:140')).toEqual(['end refund 1'])
    // Two agents, two calls each: nothing was asked of a model a second time.
    expect(scene.model.stats().byKey).toMatchObject({ 'Ask the expert': 2, 'Refund 40': 2 })
  })

  test('one after the other, each decided through the outer run, also after a crash', async () => {
    scene.book.add('Ask twice', callTools(call('Expert', { query: 'Refund two' })))
    scene.book.add(
      'Refund two',
      callTools(call('refund', { order: 51, amount: 501 })),
      callTools(call('refund', { order: 52, amount: 502 })),
    )
    const [first] = await ask('nested-2', 'Ask twice')
    await scene.restart()
    await scene.api.decide('nested-2', first?.approvalId ?? '', approve)
    const readOpen = async () => (await scene.api.state('nested-2')).body.approvals?.[0]
    await expect.poll(readOpen).toMatchObject({ arguments: { order: 52, amount: 502 } })
    const second = await readOpen()
    expect(second?.approvalId).not.toBe(first?.approvalId)
    await scene.restart()
    await scene.api.decide('nested-2', second?.approvalId ?? '', { decision: 'reject' })
    const { response } = await scene.api.waitForOutcome('nested-2', 'r')
    expect(response).toContain('rejected')
    expect(await scene.effectsOf('51:501')).toEqual(['end refund 1'])
    expect(await scene.effectsOf('52:502')).toEqual([])
    expect(scene.model.stats().byKey).toMatchObject({ 'Ask twice': 2, 'Refund two': 3 })
  })
})

test('a waiting run outlives its host, and the decision reaches it in the next one', async () => {
  const [approval] = await ask('crash', 'Refund 7')
  const callsBefore = scene.model.stats().requests
  await scene.restart()
  const { body } = await scene.api.state('crash')
  expect(body).toMatchObject({ status: 'waiting', approvals: [{ approvalId: approval?.approvalId }] })
  expect(scene.model.stats().requests).toBe(callsBefore)
  await scene.api.decide('crash', approval?.approvalId ?? '', approve)
  expect(await scene.api.waitForOutcome('crash', 'r')).toMatchObject({ response: 'Tools: 250 for 7' })
  expect(scene.model.stats().requests).toBe(callsBefore + 1)
  expect((await readEvents('crash')).filter(({ type }) => type === 'run.started')).toHaveLength(2)
})

test('a decision whose host is killed before it acts on it is acted on by the next one', async () => {
  const [approval] = await ask('decided', 'Refund 7')
  const decided = scene.api.decide('decided', approval?.approvalId ?? '', approve)
  expect((await decided).status).toBe(202)
  await scene.restart()
  expect(await scene.api.waitForOutcome('decided', 'r')).toMatchObject({ response: 'Tools: 250 for 7' })
  const events = await readEvents('decided')
  expect(events.filter(({ type }) => type === 'approval.decided')).toHaveLength(1)
})

test('waiting costs nothing: no model call, no tool call, no line in the log', async () => {
  await ask('idle', 'Refund 7')
  const look = async () => {
    const follower = await scene.api.eventsAfter('idle', 'r', 3)
    await follower.waitForType('run.parked')
    const { requests } = scene.model.stats()
    return { requests, effects: (await scene.effects()).length, events: follower.events.length }
  }
  const before = await look()
  await scene.runWatchdog()
  // A message that has to wait, and a request that is repeated, have the session looked at.
  await scene.api.run({ message: 'later', sessionId: 'idle', waitForResponse: false })
  await ask('idle', 'Refund 7')
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await scene.runWatchdog()
  expect(await look()).toEqual(before)
})

describe('messages sent while a run waits', () => {
  const later = ['second', 'third', 'fourth']

  test('are accepted, and answered in their order once it is decided', async () => {
    const [approval] = await ask('queue', 'Refund 7')
    for (const message of later) {
      await scene.api.run({ message, sessionId: 'queue', correlationId: message, waitForResponse: false })
    }
    await expect.poll(async () => (await scene.api.state('queue')).body.message_count).toBe(4)
    expect(scene.model.stats().byKey.second).toBeUndefined()
    await scene.api.decide('queue', approval?.approvalId ?? '', approve)
    for (const [index, message] of later.entries()) {
      expect(await scene.api.waitForOutcome('queue', message)).toMatchObject({
        response: `You said: ${message}`,
        message_count: index + 2,
      })
    }
  })

  test('are answered even if the host dies between the decision and them', async () => {
    scene.book.add(
      'Approve first',
      callTools(call('refund', { order: 61, amount: 610 })),
      callTools(call('work', { id: 'slow', gate: 'never' })),
    )
    const [approval] = await ask('queue-crash', 'Approve first')
    for (const message of later) {
      const fields = { message, sessionId: 'queue-crash', correlationId: message, waitForResponse: false }
      await scene.api.run(fields)
    }
    await scene.api.decide('queue-crash', approval?.approvalId ?? '', approve)
    await scene.waitForWork('slow')
    await scene.restart()
    expect(await scene.api.waitForOutcome('queue-crash', 'fourth')).toMatchObject({ message_count: 4 })
  })
})
