import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '../../src/core/problem.js'
import { type RawRequest, type Reply, sendRaw } from '../support/api.js'
import { type RunningApp, TestBed } from '../support/start-app.js'

const bed = new TestBed()
afterAll(() => bed.end())

const agent = '/api/agents/Assistant'
const json = { 'content-type': 'application/json' }
const big = 'x'.repeat(2 * 1024 * 1024)

let app: RunningApp
let before: readonly string[]

beforeAll(async () => {
  app = await bed.startApp()
  await app.api.run({ message: 'Hello', sessionId: 'known', correlationId: 'k1' })
  before = await readEverything()
})

afterEach(async () => {
  expect(await readEverything()).toEqual(before)
})

/** All that an outsider can see of what is stored. */
async function readEverything(): Promise<readonly string[]> {
  const answers = [
    await app.api.state('known'),
    await app.api.sessions(),
    await app.api.outcome('known', 'k1'),
    await app.api.call('/agents/Other'),
  ]
  return answers.map(({ text }) => text)
}

interface Refusal {
  readonly status: number
  readonly code: string
  /** What the detail has to name. */
  readonly names: string
}

async function expectRefusal(reply: Reply<Problem>, { status, code, names }: Refusal): Promise<void> {
  expect(reply.body).toMatchObject({ status, code, type: 'about:blank', title: expect.stringMatching(/\w/) })
  expect(reply.status).toBe(status)
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.body.detail).toContain(names)
  expect(reply.text).not.toMatch(/\bat .+:\d+|node_modules|\.[jt]s\b/)
}

/** Shown in titles: long and odd values cut short and written out. */
function toTitle(value: unknown): string {
  return JSON.stringify(value).slice(0, 60)
}

function refused(names: string, code = 'invalid_request', status = 400): Refusal {
  return { status, code, names }
}

const runBody = (body: unknown, headers = {}, query = ''): RawRequest => ({
  method: 'POST',
  path: `${agent}/run${query}`,
  headers: { ...json, ...headers },
  body: JSON.stringify(body),
})

function send(request: RawRequest): Promise<Reply<Problem>> {
  return sendRaw(app.url, request)
}

describe('refuses a run whose body', () => {
  const bodies: readonly [body: unknown, field: string][] = [
    [[], 'body'],
    ['text', 'body'],
    [null, 'body'],
    [5, 'body'],
    [{}, 'message'],
    [{ message: 5 }, 'message'],
    [{ message: null }, 'message'],
    [{ message: '' }, 'message'],
    [{ message: ' \n\t' }, 'message'],
    [{ messages: 'Hi' }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: [5] }, 'messages.0'],
    [{ messages: [{}] }, 'messages.0.content'],
    [{ messages: [{ content: ' ' }] }, 'message'],
    [{ messages: [{ content: [] }] }, 'messages.0.content'],
    [{ messages: [{ content: 'Hi', name: 'x' }] }, 'messages.0.name'],
    [{ messages: [{ role: 'assistant', content: 'Hi' }] }, 'messages.0.role'],
    [{ messages: [{ role: 'system', content: 'Hi' }] }, 'messages.0.role'],
    [{ messages: [{ content: [{ type: 'text', text: 'Hi', lang: 'en' }] }] }, 'messages.0.content.0.lang'],
    [{ messages: [{ content: [{ type: 'text' }] }] }, 'messages.0.content'],
    [{ messages: [{ content: [{ type: 'audio', url: 'https://a' }] }] }, 'messages.0.content'],
    [{ messages: [{ content: [{ type: 'image', url: 'http://a/b.png' }] }] }, 'messages.0.content.0.url'],
    [{ messages: [{ content: [{ type: 'file', url: 'file:///etc/passwd' }] }] }, 'messages.0.content.0.url'],
    [{ message: 'Hi', messages: [{ content: 'Hi' }] }, 'messages'],
    [{ message: 'Hi', sessionId: 5 }, 'sessionId'],
    [{ message: 'Hi', sessionKey: [] }, 'sessionKey'],
    [{ message: 'Hi', session_id: {} }, 'session_id'],
    [{ message: 'Hi', thread_id: true }, 'thread_id'],
    [{ message: 'Hi', correlationId: 5 }, 'correlationId'],
    [{ message: 'Hi', role: 'system' }, 'role'],
    [{ message: 'Hi', role: 'assistant' }, 'role'],
    [{ message: 'Hi', role: 'tool' }, 'role'],
    [{ message: 'Hi', enable_tool_calls: 'yes' }, 'enable_tool_calls'],
    [{ message: 'Hi', enableToolCalls: 1 }, 'enableToolCalls'],
    [{ message: 'Hi', enable_tool_calls: true, enableToolCalls: true }, 'enableToolCalls'],
    [{ message: 'Hi', response_schema: 'object' }, 'response_schema'],
    [{ message: 'Hi', responseSchema: [] }, 'responseSchema'],
    [{ message: 'Hi', response_format: 5 }, 'response_format'],
    [{ message: 'Hi', response_schema: { type: 'nonsense' } }, 'response_schema'],
    [{ message: 'Hi', response_schema: { $ref: '#/nowhere' } }, 'response_schema'],
    [{ message: 'Hi', response_schema: { $ref: '#' } }, 'response_schema'],
    [{ message: 'Hi', response_schema: { properties: 5 } }, 'response_schema.properties'],
    [
      { message: 'Hi', response_schema: { type: 'object' }, response_format: { type: 'object' } },
      'response_format',
    ],
    [{ message: 'Hi', waitForResponse: 'no' }, 'waitForResponse'],
    [{ message: 'Hi', wait_for_response: 0 }, 'wait_for_response'],
    [{ message: 'Hi', onBusy: 'whatever' }, 'onBusy'],
    [{ message: 'Hi', metadata: 'x' }, 'metadata'],
    [{ message: 'Hi', metadata: { a: 5 } }, 'metadata.a'],
    [
      { message: 'Hi', metadata: Object.fromEntries([...'abcdefghijklmnopq'].map((k) => [k, k])) },
      'metadata',
    ],
    [{ message: 'Hi', mesage: 'Hi' }, 'mesage'],
    [{ message: 'Hi', owner: 'eve' }, 'owner'],
    [JSON.parse('{ "message": "Hi", "__proto__": { "owner": "eve" } }'), '__proto__'],
  ]
  test.each(bodies.map(([body, field]) => [toTitle(body), field, body] as const))(
    'is %s, naming %s',
    async (_title, field, body) => {
      await expectRefusal(await send(runBody(body)), refused(field))
    },
  )

  test.each(['{"message":', '', '{"message":"Hi"} trailing', "{'message':'Hi'}"])(
    'is not JSON: %s',
    async (body) => {
      const reply = await send({ method: 'POST', path: `${agent}/run`, headers: json, body })
      await expectRefusal(reply, refused('body'))
    },
  )

  test.each([300, 4000, 60_000])('is nested %i deep', async (depth) => {
    const schema = `${'{"items":'.repeat(depth)}{}${'}'.repeat(depth)}`
    const body = `{"message":"Hi","response_schema":${schema}}`
    const reply = await send({ method: 'POST', path: `${agent}/run`, headers: json, body })
    await expectRefusal(reply, refused('response_schema'))
  })

  test('lists everything that is wrong with it', async () => {
    const reply = await send(
      runBody({ message: 5, role: 'system', colour: 'red', messages: [{ content: 3 }] }),
    )
    await expectRefusal(reply, refused('message'))
    expect(reply.body.issues?.map(({ path }) => path).sort()).toEqual([
      'colour',
      'message',
      'messages.0.content',
      'role',
    ])
  })

  test.each(['application/json', 'text/plain'])('has 2 MiB of %s', async (type) => {
    const headers = { 'content-type': type }
    const body = type === 'text/plain' ? big : JSON.stringify({ message: big })
    const path = `${agent}/run`
    await expectRefusal(
      await send({ method: 'POST', path, headers, body }),
      refused('body', 'payload_too_large', 413),
    )
    // A connection that is kept must be of use afterwards.
    for (let times = 0; times < 3; times++) {
      const reply = await app.api.call<Problem>('/agents/Assistant/run', { method: 'POST', headers, body })
      await expectRefusal(reply, refused('body', 'payload_too_large', 413))
    }
  })

  test.each([json, {}])('is not UTF-8, sent with %o', async (headers) => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])
    const reply = await send({ method: 'POST', path: `${agent}/run`, headers, body })
    await expectRefusal(reply, refused('body', 'unsupported_media_type', 415))
  })

  test('has 2 MiB but is refused for another reason, on a connection that is of use afterwards', async () => {
    for (let times = 0; times < 4; times++) {
      const reply = await app.api.call<Problem>('/agents/Assistant/run?colour=red', {
        method: 'POST',
        body: big,
      })
      await expectRefusal(reply, refused('colour'))
    }
  })

  test.each([undefined, '', ' \r\n'])('has no content type and is %j', async (body) => {
    const path = `${agent}/run`
    const reply = await send(body === undefined ? { method: 'POST', path } : { method: 'POST', path, body })
    await expectRefusal(reply, refused('message'))
  })
})

describe('refuses a run that names', () => {
  const conflicting = 'conflicting_session_id'
  const pairs: readonly [string, RawRequest, string, string][] = [
    [
      'two sessions in its body',
      runBody({ message: 'Hi', sessionId: 'a', thread_id: 'b' }),
      'sessionId',
      'thread_id',
    ],
    [
      'one in its body, another in its query',
      runBody({ message: 'Hi', sessionId: 'a' }, {}, '?session_id=b'),
      'sessionId',
      'session_id',
    ],
    [
      'two sessions in its query',
      runBody({ message: 'Hi' }, {}, '?sessionId=a&sessionKey=b'),
      'sessionId',
      'sessionKey',
    ],
    [
      'two sessions by one name in its query',
      runBody({ message: 'Hi' }, {}, '?sessionId=a&sessionId=b'),
      'sessionId=a',
      'sessionId=b',
    ],
  ]
  test.each(pairs)('%s', async (_title, request, first, second) => {
    const reply = await send(request)
    await expectRefusal(reply, refused(first, conflicting))
    await expectRefusal(reply, refused(second, conflicting))
  })

  const badIds = [
    'x'.repeat(300),
    'a/b',
    'a\\b',
    'a#b',
    'a?b',
    'a@b',
    "it's",
    'a\nb',
    'a\u0000b',
    'a\u001bb',
    'a\u007fb',
    'a\ud800b',
    '.',
    '..',
    '$',
    '',
    ' ',
  ]
  test.each(badIds.map((id) => [toTitle(id), id]))('the session or the run %s', async (_title, id) => {
    for (const field of ['sessionId', 'sessionKey', 'session_id', 'thread_id', 'correlationId']) {
      await expectRefusal(await send(runBody({ message: 'Hi', [field]: id })), refused(field))
    }
    if (!/\p{Surrogate}/u.test(id)) {
      const query = `?thread_id=${encodeURIComponent(id)}`
      await expectRefusal(await send(runBody({ message: 'Hi' }, {}, query)), refused('thread_id'))
    }
  })

  test('another run in its header than in its body', async () => {
    const request = runBody({ message: 'Hi', correlationId: 'a' }, { 'idempotency-key': 'b' })
    await expectRefusal(await send(request), refused('correlationId'))
  })

  test.each(['b'.repeat(129), '', 'a/b'])('the idempotency key %j', async (key) => {
    const request = runBody({ message: 'Hi' }, { 'idempotency-key': key })
    await expectRefusal(await send(request), refused('Idempotency-Key'))
  })

  test('a run that stands for another message', async () => {
    const ids = { sessionId: 'known', correlationId: 'k1' }
    const conflict = refused('k1', 'idempotency_conflict', 422)
    await expectRefusal(await send(runBody({ message: 'Another', ...ids })), conflict)
    await expectRefusal(await send(runBody({ message: 'Hello', enable_tool_calls: false, ...ids })), conflict)
  })
})

describe('refuses to be told otherwise by header or query', () => {
  const cases: readonly [string, RawRequest, string][] = [
    [
      'whether to wait, by header',
      runBody({ message: 'Hi' }, { 'x-ms-wait-for-response': 'maybe' }),
      'x-ms-wait-for-response',
    ],
    [
      'whether to wait, by query',
      runBody({ message: 'Hi' }, {}, '?waitForResponse=maybe'),
      'waitForResponse',
    ],
    ['whether to wait, by nothing', runBody({ message: 'Hi' }, {}, '?wait_for_response='), 'waitForResponse'],
    ['a mistyped parameter of a run', runBody({ message: 'Hi' }, {}, '?sesionId=a'), 'sesionId'],
    ['a mistyped parameter of the state', { method: 'GET', path: `${agent}/known?lmit=3` }, 'lmit'],
    [
      'a mistyped parameter of the events',
      { method: 'GET', path: `${agent}/known/runs/k1/events?afer=3` },
      'afer',
    ],
    ...['x', '-1', '1.5', '', '1e3', '9'.repeat(20)].flatMap((value): [string, RawRequest, string][] => [
      [
        `the last event ${toTitle(value)}`,
        { method: 'GET', path: `${agent}/known/runs/k1/events`, headers: { 'last-event-id': value } },
        'Last-Event-ID',
      ],
      [
        `after ${toTitle(value)}`,
        { method: 'GET', path: `${agent}/known/runs/k1/events?after=${value}` },
        'after',
      ],
      [`the limit ${toTitle(value)}`, { method: 'GET', path: `${agent}/known?limit=${value}` }, 'limit'],
      [
        `the limit ${toTitle(value)} of sessions`,
        { method: 'GET', path: `${agent}?limit=${value}` },
        'limit',
      ],
      [`before ${toTitle(value)}`, { method: 'GET', path: `${agent}/known?before=${value}` }, 'before'],
      [`before ${toTitle(value)} of sessions`, { method: 'GET', path: `${agent}?before=${value}` }, 'before'],
    ]),
    ['the limit 0', { method: 'GET', path: `${agent}/known?limit=0` }, 'limit'],
    ['the limit 1001', { method: 'GET', path: `${agent}/known?limit=1001` }, 'limit'],
  ]
  test.each(cases)('%s', async (_title, request, field) => {
    await expectRefusal(await send(request), refused(field))
  })
})

describe('cancelling a run', () => {
  const cancel = (body: string, headers = json): Promise<Reply<Problem>> =>
    send({ method: 'POST', path: `${agent}/known/runs/k1/cancel`, headers, body })

  test.each([
    ['[]', 'body'],
    ['"why"', 'body'],
    ['{', 'body'],
    ['{"reason":5}', 'reason'],
    [JSON.stringify({ reason: 'x'.repeat(2001) }), 'reason'],
    ['{"reason":"Enough.","why":"x"}', 'why'],
    ['{"Headers":{"x-user":"eve"}}', 'Headers'],
  ])('refuses the body %s', async (body, field) => {
    await expectRefusal(await cancel(body), refused(field))
  })

  test('refuses a body that is no JSON', async () => {
    await expectRefusal(await cancel('Enough.', { 'content-type': 'text/plain' }), refused('Content-Type'))
  })

  test.each(['', ' ', 'null', '{}', '{"reason":null}', '{"reason":""}'])(
    'takes the body "%s"',
    async (body) => {
      expect((await cancel(body)).status).toBe(200)
    },
  )
})

describe('refuses what would replace the headers of the request', () => {
  const types = [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'odd',
    '',
  ]
  test.each(types)('in a body of type "%s"', async (type) => {
    for (const name of ['Headers', 'headers', 'HEADERS']) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
      const body = JSON.stringify({ message: 'Hi', [name]: { 'x-user': 'eve' } })
      for (const path of [`${agent}/run`, `${agent}/known/reset`]) {
        await expectRefusal(await send({ method: 'POST', path, headers, body }), refused(name))
      }
      await expectRefusal(
        await send({ method: 'DELETE', path: `${agent}/known`, headers, body }),
        refused(name),
      )
    }
  })

  test.each(['/api/health', '/api/agents', agent, `${agent}/known`, `${agent}/known/runs/k1`])(
    'in the body of GET %s',
    async (path) => {
      const body = '{"Headers":{"x-user":"eve"}}'
      await expectRefusal(await send({ method: 'GET', path, headers: json, body }), refused('body'))
    },
  )

  test.each(['Headers', 'headers', 'hEADERS'])('in the query as %s', async (name) => {
    const query = `?${name}=${encodeURIComponent('{"x-user":"eve"}')}`
    for (const path of [
      '/api/health',
      '/api/openapi.json',
      agent,
      `${agent}/known`,
      `${agent}/known/runs/k1/events`,
    ]) {
      await expectRefusal(await send({ method: 'GET', path: `${path}${query}` }), refused(name))
    }
    await expectRefusal(await send(runBody({ message: 'Hi' }, {}, query)), refused(name))
    await expectRefusal(await send({ method: 'DELETE', path: `${agent}/known${query}` }), refused(name))
  })
})

describe('finds nothing at', () => {
  const paths: readonly [string, string, string][] = [
    ['POST', '/api/agents/Nobody/run', 'Nobody'],
    ['GET', '/api/agents/Nobody', 'Nobody'],
    ['GET', '/api/agents/Nobody/known', 'Nobody'],
    ['DELETE', '/api/agents/Nobody/known', 'Nobody'],
    ['GET', `${agent}/unknown`, 'unknown'],
    ['POST', `${agent}/unknown/reset`, 'unknown'],
    ['GET', `${agent}/unknown/runs/k1`, 'unknown'],
    ['GET', `${agent}/unknown/runs/k1/events`, 'unknown'],
    ['GET', `${agent}/known/runs/unknown`, 'unknown'],
    ['GET', `${agent}/known/runs/unknown/events`, 'unknown'],
    ['GET', '/api/agents/Other/known', 'known'],
    ['GET', '/api/agents/Other/known/runs/k1', 'known'],
    ['PUT', `${agent}/run`, 'PUT'],
    ['PUT', agent, 'PUT'],
    ['POST', agent, 'POST'],
    ['PATCH', `${agent}/known`, 'PATCH'],
    ['POST', `${agent}/known`, 'POST'],
    ['GET', `${agent}/known/reset`, 'GET'],
    ['POST', `${agent}/known/runs/k1`, 'POST'],
    ['DELETE', `${agent}/known/runs/k1/events`, 'DELETE'],
    ['GET', `${agent}/known/nothing/here`, 'nothing'],
  ]
  test.each(paths)('%s %s', async (method, path, names) => {
    await expectRefusal(await send({ method, path }), refused(names, 'not_found', 404))
  })

  test.each(['DELETE /api/health', 'POST /api/openapi.json', 'GET /api/nothing'])(
    '%s, like any Functions app',
    async (line) => {
      const [method = '', path = ''] = line.split(' ')
      expect((await send({ method, path })).status).toBe(404)
    },
  )
})

describe('refuses paths with', () => {
  const ids = [
    'x'.repeat(300),
    'a%5Cb',
    'a%23b',
    'a%3Fb',
    'a%40b',
    'a@b',
    'a%0Ab',
    'a%7Fb',
    '$',
    '%24',
    '%20',
  ]
  test.each(ids.map((id) => [toTitle(id), id]))('the session id %s', async (_title, id) => {
    for (const path of ['', '/runs/k1', '/runs/k1/events']) {
      await expectRefusal(await send({ method: 'GET', path: `${agent}/${id}${path}` }), refused('sessionId'))
    }
    await expectRefusal(await send({ method: 'DELETE', path: `${agent}/${id}` }), refused('sessionId'))
    await expectRefusal(await send({ method: 'POST', path: `${agent}/${id}/reset` }), refused('sessionId'))
    await expectRefusal(
      await send({ method: 'GET', path: `${agent}/known/runs/${id}` }),
      refused('correlationId'),
    )
  })

  test.each(['%2e%2e%2fknown', '..%2fOther', 'a%2Fb', '%zz', '%E0%A4%A'])(
    'nothing behind the session id %s',
    async (id) => {
      const reply = await send({ method: 'GET', path: `${agent}/${id}` })
      expect([400, 404]).toContain(reply.status)
    },
  )
})

test.each(['a b', 'a/b', 'eve@a', 'a:99999', '[::1'])('refuses a request to the host %j', async (host) => {
  const reply = await send(runBody({ message: 'Hi' }, { host }))
  expect([reply.status, reply.text]).toEqual([400, ''])
})
