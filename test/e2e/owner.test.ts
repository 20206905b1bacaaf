import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentApi } from '../support/api.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

let app: RunningApp
let alice: AgentApi

beforeAll(async () => {
  app = await bed.startApp()
  alice = app.api.as('alice')
  const secret = { message: 'My name is Alice', sessionId: 'hers', correlationId: 'first' }
  const { status } = await alice.run(secret)
  expect(status).toBe(200)
})

/** Everything a caller can try with the session `hers`, and what the answer was. */
function tryEverything(caller: AgentApi): Promise<readonly { status: number; text: string }[]> {
  return Promise.all([
    caller.run({ message: 'What is my name?', sessionId: 'hers' }),
    caller.run({ message: 'My name is Alice', sessionId: 'hers', correlationId: 'first' }),
    caller.run({ message: 'Hi', sessionId: 'hers', waitForResponse: false }),
    caller.run({ message: 'Hi', sessionId: 'hers', onBusy: 'reject' }),
    caller.run({ message: 'Hi', sessionId: 'hers' }, { accept: 'text/event-stream' }),
    caller.state('hers'),
    caller.outcome('hers', 'first'),
    caller.call('/agents/Assistant/hers/runs/first/events'),
    caller.reset('hers'),
    caller.remove('hers'),
  ])
}

describe('a session that belongs to somebody', () => {
  test.each(['mallory', 'Alice', 'ALICE', undefined])('does not exist for %s', async (user) => {
    const before = await alice.state('hers')
    const answers = await tryEverything(user === undefined ? app.api : app.api.as(user))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404))
    for (const { text } of answers) {
      expect(text).toContain('"code":"not_found"')
      expect(text).not.toContain('My name')
      expect(text).not.toContain('alice')
    }
    expect((await alice.state('hers')).text).toBe(before.text)
  })

  test('answers strangers as a session does that is not there', async () => {
    const toText = (text: string) => text.replaceAll('hers', 'missing')
    const mallory = app.api.as('mallory')
    expect(toText((await mallory.state('hers')).text)).toBe((await mallory.state('missing')).text)
    expect(toText((await mallory.outcome('hers', 'first')).text)).toBe(
      (await mallory.outcome('missing', 'first')).text,
    )
  })

  test.each(['{"x-user":"alice"}', '{"X-User":"alice"}', '[["x-user","alice"]]'])(
    'cannot be had by replacing headers with %s',
    async (headers) => {
      const mallory = app.api.as('mallory')
      const query = `?Headers=${encodeURIComponent(headers)}`
      const body = `{"message":"What is my name?","sessionId":"hers","Headers":${headers}}`
      const json = { 'content-type': 'application/json' }
      const answers = [
        await mallory.state('hers', query),
        await mallory.call(`/agents/Assistant/hers/runs/first${query}`),
        await mallory.call(`/agents/Assistant/hers/runs/first/events${query}`),
        await mallory.call(`/agents/Assistant/hers${query}`, { method: 'DELETE' }),
        await mallory.call(`/agents/Assistant/hers/reset${query}`, { method: 'POST' }),
        await mallory.call(`/agents/Assistant${query}`),
        await mallory.call('/agents/Assistant/run', { method: 'POST', headers: json, body }),
        await mallory.call('/agents/Assistant/run', {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body,
        }),
        await mallory.call('/agents/Assistant/hers', { method: 'DELETE', headers: json, body }),
      ]
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 400))
      for (const { text } of answers) expect(text).not.toContain('My name')
      expect((await alice.state('hers')).status).toBe(200)
    },
  )

  test.each([
    '{"Headers":{"x-user":"alice"},}',
    '{/* no JSON */"Headers":{"x-user":"alice"}}',
    "{'Headers':{'x-user':'alice'}}",
    '{Headers:{"x-user":"alice"}}',
  ])('cannot be had by what the Functions host takes for JSON as well: %s', async (body) => {
    const mallory = app.api.as('mallory')
    const text = { headers: { 'content-type': 'text/plain' }, body }
    const answers = [
      await mallory.call('/agents/Assistant/run?sessionId=hers', { method: 'POST', ...text }),
      await mallory.call('/agents/Assistant/hers/reset', { method: 'POST', ...text }),
      await mallory.call('/agents/Assistant/hers', { method: 'DELETE', ...text }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    expect((await alice.state('hers')).body.message_count).toBe(1)
  })

  test('is listed for its owner alone', async () => {
    await app.api.run({ message: 'Hi', sessionId: 'open-listing' })
    const list = async (caller: AgentApi) => {
      const { body } = await caller.sessions()
      return body.sessions.map(({ sessionId }) => sessionId)
    }
    expect(await list(alice)).toContain('hers')
    expect(await list(alice)).not.toContain('open-listing')
    expect(await list(app.api.as('mallory'))).toEqual([])
    expect(await list(app.api)).toContain('open-listing')
    expect(await list(app.api)).not.toContain('hers')
  })

  test('is all its owner’s to use, reset and delete', async () => {
    const carol = app.api.as('carol')
    const ids = { sessionId: 'of carol', correlationId: 'c1' }
    expect((await carol.run({ message: 'My name is Carol', ...ids })).body.message_count).toBe(1)
    expect((await carol.run({ message: 'What is my name?', sessionId: 'of carol' })).body).toMatchObject({
      message_count: 2,
      response: 'Your name is Carol.',
    })
    expect((await carol.outcome('of carol', 'c1')).status).toBe(200)
    expect(await (await carol.events('of carol', 'c1')).end()).not.toHaveLength(0)

    expect((await carol.reset('of carol')).status).toBe(204)
    expect((await app.api.as('mallory').state('of carol')).status).toBe(404)
    expect((await app.api.as('mallory').run({ message: 'Hi', sessionId: 'of carol' })).status).toBe(404)
    expect((await carol.state('of carol')).body.message_count).toBe(0)

    expect((await carol.remove('of carol')).status).toBe(204)
    expect((await carol.state('of carol')).status).toBe(404)
    const { body } = await app.api.as('mallory').run({ message: 'Mine now', sessionId: 'of carol' })
    expect(body.message_count).toBe(1)
    expect((await carol.state('of carol')).status).toBe(404)
  })
})

test('a session that nobody signed in for is open to all', async () => {
  await app.api.run({ message: 'My name is Nobody', sessionId: 'open', correlationId: 'o1' })
  for (const caller of [app.api, alice, app.api.as('mallory')]) {
    expect((await caller.state('open')).status).toBe(200)
    expect((await caller.outcome('open', 'o1')).status).toBe(200)
    expect((await caller.run({ message: 'What is my name?', sessionId: 'open' })).body.response).toContain(
      'Nobody',
    )
  }
  expect((await app.api.state('open')).body.message_count).toBe(4)
})

test('a request that names its run and no session is one run however often it comes, for each caller another', async () => {
  const request = { message: 'Hi', correlationId: 'alone' }
  const { body: first } = await alice.run(request)
  expect((await alice.run({ message: 'Hi' }, { 'idempotency-key': 'alone' })).body).toEqual(first)
  const { body: others } = await app.api.as('mallory').run(request)
  expect(others.message_count).toBe(1)
  expect(others.sessionId).not.toBe(first.sessionId)
  expect((await alice.run({ message: 'Another', correlationId: 'alone' })).status).toBe(422)
})

test('the same session id is another session with another agent', async () => {
  const { status } = await alice.call('/agents/Other/hers')
  expect(status).toBe(404)
  const { body } = await app.api
    .as('mallory')
    .call<{ message_count: number }>('/agents/Other/run?sessionId=hers', {
      method: 'POST',
      body: 'Hi',
    })
  expect(body.message_count).toBe(1)
  expect((await alice.state('hers')).body.message_count).toBe(1)
})

test('a page of another site cannot speak for a user who is known by a cookie', async () => {
  const origin = 'https://other.example'
  const shop = await bed.startApp({ args: ['--cors', origin] })
  const browser = { origin, 'sec-fetch-site': 'cross-site', cookie: 'x-user=alice' }
  const speak = (type: string, body: string) =>
    shop.api.as('alice').call('/agents/Assistant/run', {
      method: 'POST',
      headers: { ...browser, 'content-type': type },
      body,
    })
  const forged = await speak('text/plain', '{"message":"Hi","sessionId":"cookies"}')
  expect(forged.status).toBe(403)
  expect(forged.text).toContain('application/json')
  expect((await shop.api.as('alice').state('cookies')).status).toBe(404)
  expect((await speak('application/json', '{"message":"Hi","sessionId":"cookies"}')).status).toBe(200)
})
