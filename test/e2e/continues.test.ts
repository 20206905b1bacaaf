import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunScene } from '../support/run-scene.js'
import { call, callTools } from '../support/script-book.js'
import { TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let scene: RunScene

beforeAll(async () => {
  scene = await RunScene.set(bed)
})

function say(session: string, run: string, fields: object = {}) {
  return scene.api.run({ message: `${run}!`, sessionId: session, correlationId: run, ...fields })
}

async function readSaid(session: string): Promise<readonly string[]> {
  const { body } = await scene.api.state(session)
  return body.conversation_history.filter(({ role }) => role === 'user').map(({ content }) => content)
}

test('a new session goes on from another one, from where it is told', async () => {
  for (const run of ['a', 'b', 'c']) await say('first', run)
  const continues = { sessionId: 'first', correlationId: 'b' }
  const answer = await say('second', 'd', { continues })
  expect(answer).toMatchObject({ status: 200, body: { response: 'You said: d!', message_count: 3 } })
  expect(await readSaid('second')).toEqual(['a!', 'b!', 'd!'])
  const again = await say('second', 'd', { continues })
  expect(again.body, 'sent again').toEqual(answer.body)
  const whole = await say('third', 'e', { continues: { sessionId: 'second' } })
  expect(whole.body.message_count).toBe(4)
  const unnamed = await scene.api.run({ message: 'f!', continues: { sessionId: 'first' } })
  expect(await readSaid(unnamed.body.sessionId)).toEqual(['a!', 'b!', 'c!', 'f!'])
  await scene.api.remove('first')
  await scene.api.remove('second')
  expect(await readSaid('third')).toEqual(['a!', 'b!', 'd!', 'e!'])
  const accepted = await (await scene.api.events('third', 'e')).waitForType('run.accepted')
  expect(Object.keys(accepted.data as object).sort()).toEqual(['digest', 'messages', 'options'])
})

test('a new session says again what has a file, with that file', async () => {
  const url = `data:image/png;base64,${'A'.repeat(40_000)}`
  const messages = [{ content: [{ type: 'image', url }] }]
  await scene.api.run({ messages, sessionId: 'shown', correlationId: 'a' })
  const fields = { sessionId: 'shown-again', correlationId: 'b', continues: { sessionId: 'shown' } }
  expect(await scene.api.run({ messages, ...fields })).toMatchObject({
    status: 200,
    body: { message_count: 2 },
  })
  const shown = JSON.stringify(scene.model.requests.at(-1)?.body)
  expect(shown.split(url).length - 1).toBe(2)
})

test('a host that is killed in its first answer goes on with what was inherited', async () => {
  for (const run of ['a', 'b']) await say('parent', run)
  const message = scene.book.add('Work on', callTools(call('work', { id: 'on', gate: 'on' })))
  const fields = { message, continues: { sessionId: 'parent', correlationId: 'a' } }
  const cutOff = say('child', 'c', fields).catch(() => 'cut off')
  await scene.waitForWork('on')
  expect(await readSaid('child')).toEqual(['a!', message])
  await scene.restart(() => scene.openGate('on'))
  await cutOff
  const answer = await say('child', 'c', fields)
  expect(answer.body).toMatchObject({ response: 'Tools: on by work', message_count: 2 })
  expect((await say('child', 'd')).body.message_count).toBe(3)
  expect(await readSaid('child')).toEqual(['a!', message, 'd!'])
})

test.each([
  ['an unknown session', { sessionId: 'nowhere' }, 404, 'not_found', 'nowhere'],
  ['an unknown run', { sessionId: 'known', correlationId: 'nobody' }, 404, 'not_found', 'nobody'],
  ['a session id that is none', { sessionId: 'a/b' }, 400, 'invalid_request', 'continues.sessionId'],
  [
    'a run id that is none',
    { sessionId: 'known', correlationId: '' },
    400,
    'invalid_request',
    'continues.correlationId',
  ],
  ['no session', {}, 400, 'invalid_request', 'continues.sessionId'],
  ['more than that', { sessionId: 'known', owner: 'me' }, 400, 'invalid_request', 'continues'],
  ['text', 'known', 400, 'invalid_request', 'continues'],
])('a session does not go on from %s', async (_what, continues, status, code, detail) => {
  await say('known', 'a')
  const refused = await scene.api.run({ message: 'Hi', sessionId: 'new', continues })
  expect(refused).toMatchObject({ status, body: { code } })
  expect(JSON.stringify(refused.body)).toContain(detail)
  expect((await scene.api.state('new')).status).toBe(404)
})

test('a session that exists does not go on from another one', async () => {
  await say('one', 'a')
  await say('other', 'a')
  const refused = await say('other', 'b', { continues: { sessionId: 'one' } })
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', issues: [{ path: 'continues' }] },
  })
  expect(await readSaid('other')).toEqual(['a!'])
})

test('a session does not go on from an answer that is being made', async () => {
  const message = scene.book.add('Work long', callTools(call('work', { id: 'long', gate: 'long' })))
  const working = say('busy', 'a', { message })
  await scene.waitForWork('long')
  const refused = await say('early', 'b', { continues: { sessionId: 'busy', correlationId: 'a' } })
  expect(refused).toMatchObject({ status: 404, body: { detail: expect.stringContaining('has not ended') } })
  await scene.openGate('long')
  await working
  expect((await say('early', 'b', { continues: { sessionId: 'busy', correlationId: 'a' } })).status).toBe(200)
})
