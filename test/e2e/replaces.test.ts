import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed, { hosts: 2 })
  scene.book.add('Refund 7', callTools(call('refund', { order: 7, amount: 250 })))
})

function say(session: string, run: string, fields: object = {}) {
  return scene.api.run({ message: `${run}!`, sessionId: session, correlationId: run, ...fields })
}

async function readSaid(session: string): Promise<readonly string[]> {
  const { body } = await scene.api.state(session)
  return body.conversation_history.filter(({ role }) => role === 'user').map(({ content }) => content)
}

/** What the model was shown by the newest request to it. */
function lastShown(): readonly unknown[] {
  const { messages } = scene.model.requests.at(-1)?.body ?? { messages: [] }
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content)
}

test('a message is said anew, and what followed it is gone for callers and the model, on both hosts', async () => {
  for (const run of ['a', 'b', 'c']) await say('anew', run)
  const answer = await say('anew', 'b2', { replaces: 'b' })
  expect(answer).toMatchObject({ status: 200, body: { response: 'You said: b2!', message_count: 2 } })
  expect(lastShown()).toEqual(['a!', 'b2!'])
  expect(await readSaid('anew')).toEqual(['a!', 'b2!'])
  const [, other] = scene.hosts
  const next = await other?.api.run({ message: 'd!', sessionId: 'anew' })
  expect(next?.body.message_count).toBe(3)
  expect(lastShown()).toEqual(['a!', 'b2!', 'd!'])
  const old = await scene.api.outcome('anew', 'c')
  expect(old.body, 'a run that was taken back is still told').toMatchObject({ response: 'You said: c!' })
  const again = await say('anew', 'c')
  expect(again.body, 'and its request, sent again, is no new message').toMatchObject({
    response: 'You said: c!',
  })
  const same = await say('anew', 'b2', { replaces: 'b' })
  expect(same.body).toEqual(answer.body)
  expect(await readSaid('anew')).toEqual(['a!', 'b2!', 'd!'])
})

test('what waits for a human makes way, and what waited behind it', async () => {
  const asked = await say('waiting', 'a', { message: 'Refund 7' })
  expect(asked.status).toBe(202)
  const behind = say('waiting', 'b')
  await expect.poll(async () => (await scene.api.outcome('waiting', 'b')).status).toBe(202)
  const answer = await say('waiting', 'c', { replaces: 'a' })
  expect(answer.body).toMatchObject({ response: 'You said: c!', message_count: 1 })
  expect((await behind).body.code).toBe('run_cancelled')
  expect(await scene.api.outcome('waiting', 'a')).toMatchObject({ body: { status: 'cancelled' } })
  expect((await scene.effects()).filter(({ tool }) => tool === 'refund')).toEqual([])
  expect(await readSaid('waiting')).toEqual(['c!'])
})

test('a host that is killed while a message takes the place of another one loses neither', async () => {
  for (const run of ['a', 'b']) await say('killed', run)
  const message = scene.book.add('Work anew', callTools(call('work', { id: 'anew', gate: 'anew' })))
  const cutOff = say('killed', 'c', { message, replaces: 'b' }).catch(() => 'cut off')
  await scene.waitForWork('anew')
  expect(await readSaid('killed'), 'the place is taken at once').toEqual(['a!', message])
  await scene.restart(() => scene.openGate('anew'))
  await cutOff
  const answer = await say('killed', 'c', { message, replaces: 'b' })
  expect(answer.body).toMatchObject({ response: 'Tools: anew by work', message_count: 2 })
  expect(await readSaid('killed')).toEqual(['a!', message])
  expect((await say('killed', 'd')).body.message_count).toBe(3)
})

test.each([
  ['of an unknown run', { replaces: 'nobody' }, 404, 'not_found', 'nobody'],
  ['by joining another', { replaces: 'a', onBusy: 'steer' }, 400, 'invalid_request', 'onBusy'],
  ['with an id that is none', { replaces: 'a/b' }, 400, 'invalid_request', 'replaces'],
  ['with a number', { replaces: 7 }, 400, 'invalid_request', 'replaces'],
  [
    'in a new session',
    { replaces: 'a', continues: { sessionId: 'garbage' } },
    400,
    'invalid_request',
    'continues',
  ],
  ['with nothing', { replaces: '' }, 400, 'invalid_request', 'replaces'],
  ['in an unknown session', { replaces: 'a', sessionId: 'nowhere' }, 404, 'not_found', 'nowhere'],
])('the place %s is not taken', async (_what, fields, status, code, detail) => {
  await say('garbage', 'a')
  const refused = await scene.api.run({ message: 'Hi', sessionId: 'garbage', ...fields })
  expect(refused).toMatchObject({ status, body: { code } })
  expect(JSON.stringify(refused.body)).toContain(detail)
  expect(await readSaid('garbage')).toEqual(['a!'])
})

test('a message that has become part of another run has no place of its own', async () => {
  const message = scene.book.add('Steered', callTools(call('work', { id: 'steered', gate: 'steered' })))
  const first = say('joined', 'a', { message })
  await scene.waitForWork('steered')
  const joining = say('joined', 'b', { onBusy: 'steer' })
  await expect.poll(async () => (await scene.api.outcome('joined', 'b')).status).toBe(202)
  await scene.openGate('steered')
  await Promise.all([first, joining])
  const refused = await say('joined', 'c', { replaces: 'b' })
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'run_joined', detail: expect.stringContaining('"a"') },
  })
  expect((await say('joined', 'c', { replaces: 'a' })).body.message_count).toBe(1)
  expect(await readSaid('joined')).toEqual(['c!'])
})
