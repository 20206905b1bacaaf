import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalRequested } from '../../src/run/events.js'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
  scene.book.add('Refund order 7', callTools(call('refund', { order: 7, amount: 250 })))
})

/** Posts a message that leads to approvals; gives those. */
async function ask(session: string, message = 'Refund order 7'): Promise<readonly ApprovalRequested[]> {
  const { status, body } = await scene.api.run({ message, sessionId: session, correlationId: 'r' })
  expect(status).toBe(202)
  expect(body.status).toBe('waiting')
  return body.approvals ?? []
}

async function askForOne(session: string, message?: string): Promise<string> {
  const [approval] = await ask(session, message)
  return approval?.approvalId ?? ''
}

/** What the model was told about its tool calls last. */
function lastToolResults(): readonly unknown[] {
  const messages = scene.model.requests.at(-1)?.body.messages ?? []
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content)
}

describe('a run with a tool that needs approval', () => {
  const session = 'shown'

  test('answers 202 with what waits, where to look, and when to come back', async () => {
    const { status, body, headers } = await scene.api.run({
      message: 'Refund order 7',
      sessionId: session,
      correlationId: 'r',
    })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      status: 'waiting',
      sessionId: session,
      correlationId: 'r',
      approvals: [{ name: 'refund', arguments: { order: 7, amount: 250 }, reason: 'policy' }],
    })
    expect(headers.get('location')).toMatch(/\/api\/agents\/Assistant\/shown\/runs\/r$/)
    expect(headers.get('retry-after')).toBe('1')
  })

  test('shows what waits in the state, in the outcome, and to who repeats the request', async () => {
    const { body: state } = await scene.api.state(session)
    expect(state).toMatchObject({ status: 'waiting', run: { correlationId: 'r', status: 'waiting' } })
    const outcome = await scene.api.outcome(session, 'r')
    expect([outcome.status, outcome.body.status]).toEqual([202, 'waiting'])
    expect(state.approvals).toHaveLength(1)
    expect(outcome.body.approvals).toEqual(state.approvals)
    expect(await ask(session)).toEqual(state.approvals)
  })

  test('has not run the tool', async () => {
    expect(await scene.effectsOf('7:250')).toEqual([])
  })
})

test('an approved call runs with its arguments, and the run goes on to its answer', async () => {
  scene.book.add('Refund order 8', callTools(call('refund', { order: 8, amount: 300 })))
  const approvalId = await askForOne('approved', 'Refund order 8')
  const said = { reason: null, arguments: null }
  const decided = await scene.api.decide('approved', approvalId, { decision: 'approve', ...said })
  expect([decided.status, decided.body.status]).toEqual([202, 'running'])
  expect(await scene.api.waitForOutcome('approved', 'r')).toMatchObject({
    status: 'success',
    response: 'Tools: 300 for 8',
  })
  expect(await scene.effectsOf('8:300')).toEqual(['end refund 1'])
})

test('a small amount needs nobody', async () => {
  scene.book.add('Refund a little', callTools(call('refund', { order: 9, amount: 100 })))
  const { status, body } = await scene.api.run('Refund a little')
  expect([status, body.response]).toEqual([200, 'Tools: 100 for 9'])
})

test('a rejected call does not run, and the model is told why', async () => {
  const approvalId = await askForOne('rejected')
  await scene.api.decide('rejected', approvalId, { decision: 'reject', reason: 'Not in this case' })
  expect(await scene.api.waitForOutcome('rejected', 'r')).toMatchObject({ status: 'success' })
  expect(lastToolResults()).toEqual([expect.stringContaining('rejected this call: Not in this case')])
  expect(await scene.effectsOf('7:250')).toEqual([])
  const { body } = await scene.api.state('rejected')
  expect(body.conversation_history.at(-1)?.agent_response?.tool_calls).toMatchObject([
    { name: 'refund', error: expect.stringContaining('Not in this case') },
  ])
})

test('edited arguments take the place of those of the model, once they fit the schema', async () => {
  const approvalId = await askForOne('edited')
  const refused = await scene.api.decide('edited', approvalId, {
    decision: 'approve',
    arguments: { order: 7, amount: 'much' },
  })
  expect(refused.status).toBe(400)
  expect(refused.body.issues?.map(({ path }) => path)).toEqual(['arguments.amount'])
  const taken = await scene.api.decide('edited', approvalId, {
    decision: 'approve',
    arguments: { order: 7, amount: 150 },
  })
  expect(taken.status).toBe(202)
  expect(await scene.api.waitForOutcome('edited', 'r')).toMatchObject({ response: 'Tools: 150 for 7' })
  expect(await scene.effectsOf('7:150')).toEqual(['end refund 1'])
  const { body } = await scene.api.state('edited')
  expect(body.conversation_history.at(-1)?.agent_response?.tool_calls).toMatchObject([
    { name: 'refund', arguments: { order: 7, amount: 150 } },
  ])
})

describe('a decision', () => {
  const approve = { decision: 'approve' } as const

  test('about an unknown approval is 404, whatever the id looks like', async () => {
    await askForOne('unknown')
    for (const id of ['r~no-such', 'nothing', 'other~x', '~']) {
      const { status, body } = await scene.api.decide('unknown', id, approve)
      expect([id, status, body.code]).toEqual([id, 404, 'not_found'])
    }
    const elsewhere = await askForOne('unknown-2')
    expect((await scene.api.decide('unknown', elsewhere, approve)).status).toBe(404)
  })

  test('in a session of somebody else is 404', async () => {
    const ann = scene.api.as('ann')
    const { body } = await ann.run({ message: 'Refund order 7', sessionId: 'anns', correlationId: 'r' })
    const id = body.approvals?.[0]?.approvalId ?? ''
    for (const stranger of [scene.api, scene.api.as('bob')]) {
      expect((await stranger.decide('anns', id, approve)).status).toBe(404)
    }
    expect((await ann.decide('anns', id, { decision: 'reject' })).status).toBe(202)
    const events = await (await ann.events('anns', 'r')).end()
    expect(events.find(({ type }) => type === 'approval.decided')?.data).toMatchObject({ by: 'ann' })
  })

  test.each([
    ['an unknown field', { decision: 'approve', extra: 1 }, 'extra'],
    ['another word', { decision: 'maybe' }, 'decision'],
    ['arguments with a rejection', { decision: 'reject', arguments: {} }, 'arguments'],
  ])('with %s is refused by name, and nothing is decided', async (_case, fields, path) => {
    const session = `bad-${path}`
    const id = await askForOne(session)
    const { status, body } = await scene.api.decide(session, id, fields as typeof approve)
    expect([status, body.issues?.map((issue) => issue.path)]).toEqual([400, [path]])
    expect((await scene.api.outcome(session, 'r')).body.status).toBe('waiting')
  })

  test('counts once: a second one is 409 and changes nothing', async () => {
    const id = await askForOne('twice')
    await scene.api.decide('twice', id, { decision: 'reject' })
    const second = await scene.api.decide('twice', id, approve)
    expect([second.status, second.body.code]).toEqual([409, 'approval_already_decided'])
    await scene.api.waitForOutcome('twice', 'r')
    expect((await scene.api.decide('twice', id, approve)).status).toBe(409)
    expect(lastToolResults()).toEqual([expect.stringContaining('rejected')])
  })

  test('taken by two humans at once through two hosts counts for exactly one', async () => {
    const [one, two] = scene.hosts
    for (const round of [0, 1, 2, 3, 4, 5]) {
      const order = round % 2 === 0 ? [one, two, one, two] : [two, one, two, one]
      const racers = order.filter((host) => host !== undefined)
      const session = `race-${round}`
      const id = await askForOne(session)
      const answers = await Promise.all(
        racers.map(({ api }, index) =>
          api.decide(session, id, { decision: index % 2 === 0 ? 'approve' : 'reject' }),
        ),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409])
      const wasApproved = answers.findIndex(({ status }) => status === 202) % 2 === 0
      const { response } = await scene.api.waitForOutcome(session, 'r')
      expect(response).toEqual(wasApproved ? 'Tools: 250 for 7' : expect.stringContaining('rejected'))
      const events = await (await scene.api.events(session, 'r')).end()
      expect(events.filter(({ type }) => type === 'approval.decided')).toHaveLength(1)
    }
  })
})

test('an approval that expires is rejected by time, and a decision comes too late', async () => {
  scene.book.add('Refund soon', callTools(call('refund_soon', { order: 1, amount: 1 })))
  const askedAt = Date.now()
  const id = await askForOne('expiring', 'Refund soon')
  const { body } = await scene.api.state('expiring')
  expect(Date.parse(body.approvals?.[0]?.expiresAt ?? '')).toBeGreaterThanOrEqual(askedAt + 400)
  const outcome = scene.api.waitForOutcome('expiring', 'r')
  await new Promise((resolve) => setTimeout(resolve, 450))
  const late = await scene.api.decide('expiring', id, { decision: 'approve' })
  expect([late.status, late.body.code]).toEqual([409, 'approval_already_decided'])
  // Nobody decides any more: the watchdog, due every minute, finds the run.
  await scene.runWatchdog()
  expect(await outcome).toMatchObject({ response: expect.stringContaining('nobody decided in time') })
  expect(await scene.effectsOf('1:1')).toEqual([])
})
