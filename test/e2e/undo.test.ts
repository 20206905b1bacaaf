import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
})

/** A run, named like its session, that has called tools. */
async function work(session: string, ...calls: readonly ReturnType<typeof call>[]): Promise<void> {
  const message = scene.book.add(`Work ${session}`, callTools(...calls))
  const { status } = await scene.api.run({ message, sessionId: session, correlationId: session })
  expect(status).toBe(200)
}

function undo(session: string, fields: object = {}) {
  return scene.api.run({ sessionId: session, undoes: { correlationId: session }, ...fields })
}

/** The ids of what was undone in a session, in order. */
async function readUndone(session: string): Promise<readonly (string | undefined)[]> {
  const effects = (await scene.effects()).filter((one) => one.what === 'undo' && one.sessionId === session)
  return effects.map(({ id }) => id)
}

test('what a run has done is undone from another host, and told like any answer', async () => {
  await work('plain', call('work_undone', { id: 'a' }), call('work_undone', { id: 'b' }))
  const asked = scene.model.requests.length
  const request = { sessionId: 'plain', correlationId: 'back', undoes: { correlationId: 'plain' } }
  const answer = await scene.hosts[1]?.api.run(request)
  expect(answer).toMatchObject({
    status: 200,
    body: {
      response: 'Undone: work_undone({"id":"b"}), work_undone({"id":"a"}).',
      message: 'Undo what was done.',
      message_count: 2,
      value: { lasting: [] },
    },
  })
  expect(scene.model.requests).toHaveLength(asked)
  expect(await readUndone('plain')).toEqual(['b', 'a'])
  expect((await scene.api.run(request)).body, 'sent again').toEqual(answer?.body)
  expect((await undo('plain')).body.response, 'asked for anew').toBe(answer?.body.response)
  expect(await readUndone('plain')).toEqual(['b', 'a'])
  const { conversation_history: said } = (await scene.api.state('plain', '?runs=true')).body
  expect(said.at(-1)?.content).toBe(answer?.body.response)
  expect(said.map(({ undoes }) => undoes).filter((run) => run !== undefined)).toEqual(['plain', 'plain'])
})

test('a host that is killed while it undoes is gone on for, and nothing is undone twice that was recorded', async () => {
  const calls = ['c', 'd'].map((id) => call('work_undone', { id, ...(id === 'c' && { undoGate: 'undo' }) }))
  await work('killed', ...calls)
  const cutOff = undo('killed', { correlationId: 'back' }).catch(() => 'cut off')
  await scene.waitForWork('c')
  await scene.restart(() => scene.openGate('undo'))
  await cutOff
  const answer = await undo('killed', { correlationId: 'back' })
  expect(answer.body.response).toContain('Undone: work_undone({"id":"d"}), work_undone({"id":"c"')
  expect(await readUndone('killed')).toEqual(['d', 'c'])
  const tries = (await scene.effects()).filter(({ what, id }) => what === 'start' && id === 'c')
  expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2])
  expect(new Set(tries.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
})

test('what was cut off while it was undone is left to a human, unless it may be undone twice', async () => {
  await work('asked', call('work_undone_ask', { id: 'e', undoGate: 'ask' }))
  const cutOff = undo('asked', { correlationId: 'back' }).catch(() => 'cut off')
  await scene.waitForWork('e')
  await scene.restart(() => scene.openGate('ask'))
  await cutOff
  const waiting = await undo('asked', { correlationId: 'back' })
  expect(waiting).toMatchObject({
    status: 202,
    body: { approvals: [{ name: 'undo_work_undone_ask', reason: 'unknown_outcome' }] },
  })
  const approvalId = waiting.body.approvals?.[0]?.approvalId ?? ''
  await scene.api.decide('asked', approvalId, { decision: 'approve' })
  await expect.poll(async () => (await scene.api.outcome('asked', 'back')).status).toBe(200)
  expect(await readUndone('asked')).toEqual(['e'])
})

test('what cannot be undone is named, and nothing is undone before the rest is asked for', async () => {
  await work('lasting', call('work_undone', { id: 'f' }), call('work', { id: 'g' }))
  const refused = await undo('lasting', { correlationId: 'first' })
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'not_undoable', detail: expect.stringContaining('work({"id":"g"})') },
  })
  expect(await readUndone('lasting')).toEqual([])
  const partly = await undo('lasting', { undoes: { correlationId: 'lasting', partial: true } })
  expect(partly.body).toMatchObject({
    value: { undone: [{ name: 'work_undone' }], lasting: [{ name: 'work', arguments: { id: 'g' } }] },
  })
  expect(await readUndone('lasting')).toEqual(['f'])
})

test('a run that waits for a human is stopped and undone in one request', async () => {
  const calls = callTools(call('work_undone', { id: 'h' }), call('refund', { order: 1, amount: 500 }))
  const message = scene.book.add('Work stopped', calls)
  const waiting = await scene.api.run({ message, sessionId: 'stopped', correlationId: 'stopped' })
  expect(waiting.status).toBe(202)
  const answer = await undo('stopped', { onBusy: 'interrupt' })
  expect(answer.body.response).toBe('Undone: work_undone({"id":"h"}).')
  expect(await scene.api.outcome('stopped', 'stopped')).toMatchObject({ body: { status: 'cancelled' } })
  expect((await scene.effects()).filter(({ tool }) => tool === 'refund')).toEqual([])
})

test.each([
  ['a run that there is not', { undoes: { correlationId: 'nobody' } }, 404, 'not_found', 'nobody'],
  ['in no session', { sessionId: 'nowhere' }, 404, 'not_found', 'nowhere'],
  ['by a text', { undoes: 'garbage' }, 400, 'invalid_request', 'undoes'],
  ['nothing', { undoes: {} }, 400, 'invalid_request', 'undoes.correlationId'],
  ['an inner run', { undoes: { correlationId: 'a/b' } }, 400, 'invalid_request', 'undoes.correlationId'],
  ['a bit', { undoes: { correlationId: 'garbage', some: 1 } }, 400, 'invalid_request', 'some'],
  ['in its place', { replaces: 'garbage' }, 400, 'invalid_request', 'replaces'],
  ['by joining', { onBusy: 'steer' }, 400, 'invalid_request', 'onBusy'],
  ['into a shape', { response_schema: { type: 'object' } }, 400, 'invalid_request', 'response_schema'],
  ['without tools', { enableToolCalls: false }, 400, 'invalid_request', 'enableToolCalls'],
])('undoing %s is refused', async (_what, fields, status, code, detail) => {
  const first = { message: 'Hi', sessionId: 'garbage', correlationId: 'garbage' }
  expect((await scene.api.run(first)).status).toBe(200)
  const refused = await undo('garbage', fields)
  expect(refused).toMatchObject({ status, body: { code } })
  expect(JSON.stringify(refused.body)).toContain(detail)
  expect((await scene.api.state('garbage')).body.message_count).toBe(1)
})

test('what undoes another run is not undone itself', async () => {
  await work('twice', call('work_undone', { id: 'i' }))
  await undo('twice', { correlationId: 'back' })
  const refused = await undo('twice', { undoes: { correlationId: 'back' } })
  expect(refused).toMatchObject({ status: 409, body: { code: 'not_undoable' } })
  expect(refused.body.detail).toContain('undo run "twice"')
  expect((await scene.api.state('twice')).body.message_count).toBe(2)
})

test('a message that joined another run is undone with that one', async () => {
  const calls = callTools(call('work', { id: 'joined', gate: 'joined' }))
  const first = scene.api.run({
    message: scene.book.add('Work joined', calls),
    sessionId: 'joined',
    correlationId: 'a',
  })
  await scene.waitForWork('joined')
  const joining = scene.api.run({
    message: 'And?',
    sessionId: 'joined',
    correlationId: 'b',
    onBusy: 'steer',
  })
  await expect.poll(async () => (await scene.api.outcome('joined', 'b')).status).toBe(202)
  await scene.openGate('joined')
  await Promise.all([first, joining])
  expect(await undo('joined', { undoes: { correlationId: 'b' } })).toMatchObject({
    status: 409,
    body: { code: 'run_joined', detail: expect.stringContaining('undo "a"') },
  })
})
