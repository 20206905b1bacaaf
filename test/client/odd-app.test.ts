import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { AgentsClient, type AgentsClientOptions } from '../../src/client/index.js'
import { toSseText } from '../../src/core/sse.js'
import type { RunEvent } from '../../src/run/events.js'
import { answer, completed, request, says, started } from '../run/event-samples.js'

type Respond = (response: ServerResponse, asked: { readonly body: string; readonly count: number }) => void

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A session of what answers as it likes. */
async function open(respond: Respond, options: Partial<AgentsClientOptions> = {}) {
  let count = 0
  const server = createServer(async (asked: IncomingMessage, response: ServerResponse) => {
    count += 1
    respond(response, { body: await text(asked), count })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const client = new AgentsClient({ url: `http://127.0.0.1:${port}/api`, ...options })
  return { client, session: client.session('A', 's'), count: () => count }
}

const events: readonly RunEvent[] = [
  { type: 'run.accepted', data: request('Hi') },
  started(1),
  says(0, 'Hello'),
  answer(0, 'Hello'),
  completed('Hello'),
]
const told = events.map(({ type, data }, id) =>
  toSseText({ id: String(id), event: type, data: JSON.stringify(data) }),
)

function tell(response: ServerResponse, lines: readonly string[] = told): void {
  response.writeHead(200, { 'content-type': 'Text/Event-Stream; charset=utf-8' })
  response.end(lines.join(''))
}

test.each([
  ['text/html', '<html>Welcome</html>'],
  ['application/json', '{"response":"Hello"}'],
])('what answers with %s is no app, and is not asked for ever', async (type, body) => {
  const { session, count } = await open((response) => {
    response.writeHead(200, { 'content-type': type })
    response.end(body)
  })
  await expect(session.run('Hi').finalResponse()).rejects.toThrow('is no app of this library')
  expect(count()).toBe(1)
})

test('agents that are no list are those of no app', async () => {
  const { client } = await open((response) => {
    response.end('{}')
  })
  await expect(client.listAgents()).rejects.toThrow('is no app of this library')
})

test.each([
  [401, '', 'unauthorized', 'The app wants a key'],
  [401, '{"detail":"Sign in first.","code":"unauthorized"}', 'unauthorized', 'Sign in first.'],
  [
    403,
    '{"detail":"It is somebody else\'s to decide.","code":"forbidden"}',
    'forbidden',
    "It is somebody else's to decide.",
  ],
  [403, '', 'internal', 'The app wants a key'],
])('of an answer %i %s is told what it means', async (status, body, code, said) => {
  const { session } = await open((response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body)
  })
  const message = expect.stringContaining(said)
  await expect(session.decide('r~a', { decision: 'approve' })).rejects.toMatchObject({ code, message })
})

test('a host that has too much to do is asked again', async () => {
  const { session, count } = await open((response, asked) => {
    if (asked.count > 2) return tell(response)
    response.writeHead(429, { 'retry-after': '0' })
    response.end()
  })
  expect([(await session.run('Hi')).text, count()]).toEqual(['Hello', 3])
})

test('events that are told one by one, again, or by a stream that ends after each, count once', async () => {
  const { session } = await open((response, { count }) =>
    tell(response, [...told.slice(0, count), ...told.slice(0, count)]),
  )
  let said = ''
  for await (const update of session.run('Hi')) said += update.text
  expect(said).toBe('Hello')
})

test('a correlation id may have letters that headers cannot have', async () => {
  const bodies: string[] = []
  const { session } = await open((response, { body }) => {
    bodies.push(body)
    tell(response)
  })
  await session.run('Hi', { correlationId: '订单-7' })
  expect(JSON.parse(bodies[0] ?? '')).toEqual({ message: 'Hi', sessionId: 's', correlationId: '订单-7' })
})

test('what cannot be sent is refused at once, and no header told', async () => {
  const { session } = await open((response) => tell(response), { headers: { 'x-user': 'secret 订' } })
  const refused = { code: 'invalid_configuration', message: expect.not.stringContaining('secret') }
  await expect(session.run('Hi').finalResponse()).rejects.toMatchObject(refused)
  const big = session.run('Hi', { metadata: { a: 1n as unknown as string } })
  await expect(big.finalResponse()).rejects.toMatchObject({ code: 'invalid_request' })
})

test('headers that are not made in time do not keep the waiting from ending', async () => {
  const leaving = new AbortController()
  const headers = () => {
    queueMicrotask(() => leaving.abort(new Error('The page is closed.')))
    return new Promise<never>(() => {})
  }
  const { session } = await open((response) => tell(response), { headers })
  const run = session.run('Hi', { signal: leaving.signal })
  await expect(run.finalResponse()).rejects.toThrow('The page is closed.')
})

test("an answer in the shape that is the agent's own comes as it is, to whoever gives no schema", async () => {
  const ending = completed('{"number":7}')
  if (ending.type !== 'run.completed') throw new Error('not reached')
  const end = { ...ending.data, value: { number: 7 } }
  const shaped = toSseText({ id: '4', event: ending.type, data: JSON.stringify(end) })
  const { session } = await open((response) => tell(response, [...told.slice(0, 4), shaped]))
  expect((await session.run('Hi')).value).toEqual({ number: 7 })
})

test('an answer of middleware, which no step tells of, is told when it comes', async () => {
  const answered = [request('Hi'), {}, completed('No.').data]
  const types = ['run.accepted', 'run.prepared', 'run.completed']
  const lines = types.map((event, id) =>
    toSseText({ id: String(id), event, data: JSON.stringify(answered[id]) }),
  )
  const { session } = await open((response) => tell(response, lines))
  const run = session.run('Hi')
  let said = ''
  for await (const update of run) said += update.text
  expect([said, (await run).text]).toEqual(['No.', 'No.'])
})
