import { Agent, request as openRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

const idleMs = 1_000
let host: SpawnedHost

beforeAll(async () => {
  const root = join(import.meta.dirname, '../fixtures/apps/streaming')
  host = await spawnHost({ root, args: ['--stream-idle-ms', String(idleMs)] })
})
afterAll(() => host.stop('SIGKILL'))

interface Description {
  readonly method: string
  readonly url: string
  readonly all: readonly string[]
  readonly params: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

async function describeRequest(path: string, init?: RequestInit): Promise<Description> {
  return (await (await fetch(`${host.url}/api/describe${path}`, init)).json()) as Description
}

function post(body: string): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/json' } }
}

test('2. serves an ESM app with several entry files', async () => {
  expect(await describeRequest('?a=1')).toMatchObject({ method: 'GET', url: `${host.url}/api/describe?a=1` })
})

test('3. finds functions that are registered after a top-level await', async () => {
  expect((await fetch(`${host.url}/api/producers`)).status).toBe(200)
})

test('33. keeps repeated query parameters apart', async () => {
  expect((await describeRequest('?a=1&a=2')).all).toEqual(['1', '2'])
})

test('34. delivers a chunked request body', async () => {
  const body = new Blob(['streamed']).stream()
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  expect((await describeRequest('', init)).body).toBe('streamed')
})

test('37. writes one Set-Cookie header per cookie', async () => {
  const answer = await fetch(`${host.url}/api/cookies`)
  expect([answer.status, await answer.text()]).toEqual([201, 'with cookies'])
  expect(answer.headers.getSetCookie()).toEqual(['a=1; Secure; SameSite=None', 'b=2'])
})

test('47. passes each event on when it is written', async () => {
  const answer = await fetch(`${host.url}/api/events`)
  expect(answer.headers.get('x-ms-invocation-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.headers.get('content-length')).toBeNull()
  const seen: string[] = []
  for await (const chunk of answer.body ?? []) {
    const event = Buffer.from(chunk).toString().trim()
    seen.push(event)
    // The function writes the next one only when it knows that this one was seen.
    await fetch(`${host.url}/api/seen/${event.slice('data: '.length)}`, { method: 'POST' })
  }
  expect(seen).toEqual(['data: 0', 'data: 1', 'data: 2'])
})

test('48. sends headers with the first chunk', async () => {
  const answer = await fetch(`${host.url}/api/slowStart`)
  expect(Date.now() - Number(answer.headers.get('x-made-at'))).toBeGreaterThan(140)
  expect(await answer.text()).toBe('data: first\n\n')
})

test('49. streams 50 MiB into the function without holding them', async () => {
  const chunk = new Uint8Array(64 * 1024)
  const total = 50 * 1024 * 1024
  async function* chunks() {
    for (let sent = 0; sent < total; sent += chunk.length) yield chunk
  }
  const init = {
    method: 'POST',
    body: ReadableStream.from(chunks()),
    duplex: 'half',
  } as unknown as RequestInit
  const counted = (await (await fetch(`${host.url}/api/count`, init)).json()) as {
    bytes: number
    peak: number
  }
  expect(counted.bytes).toBe(total)
  expect(counted.peak).toBeLessThan(total / 2)
})

test('35. passes binary bodies of declared length unchanged', async () => {
  const bytes = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => index % 256)
  const answer = await fetch(`${host.url}/api/echo`, { method: 'POST', body: bytes })
  expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), bytes)).toBe(0)
})

test('36. answers 413 to a chunked body that grows past the limit', async () => {
  const small = await spawnHost({
    root: join(import.meta.dirname, '../fixtures/apps/streaming'),
    env: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000' },
  })
  try {
    expect(await postChunks(`${small.url}/api/count`, 20, 100)).toBe(413)
    expect(await postChunks(`${small.url}/api/count`, 5, 100)).toBe(200)
    expect((await fetch(`${small.url}/api/count`, { method: 'POST', body: 'x'.repeat(1001) })).status).toBe(
      413,
    )
    expect((await fetch(`${small.url}/api/producers`)).status).toBe(200)
  } finally {
    await small.stop('SIGKILL')
  }
})

function getThrough(
  agent: Agent,
  url: string,
  { method = 'GET', body = '' }: { readonly method?: string; readonly body?: string } = {},
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': body.length }
    const request = openRequest(url, { agent, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      answer.once('end', () => resolve({ status: answer.statusCode, text }))
      answer.once('error', reject)
    })
    request.once('error', reject)
    request.end(body)
  })
}

function postChunks(url: string, count: number, size: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = openRequest(url, { method: 'POST' }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    request.once('error', reject)
    for (let index = 0; index < count; index++) request.write('x'.repeat(size))
    request.end()
  })
}

test('50. answers 500 at once when the handler throws, and says that Azure would hang', async () => {
  const answer = await fetch(`${host.url}/api/throws`)
  expect([answer.status, await answer.text()]).toEqual([500, ''])
  await host.waitForOutput(/\[would hang in Azure\] Function 'throws' failed/)
})

test('51. answers 204 at once when the handler gives nothing, and says that Azure would hang', async () => {
  expect((await fetch(`${host.url}/api/nothing`)).status).toBe(204)
  await host.waitForOutput(/\[would hang in Azure\] Function 'nothing' returned nothing/)
})

test('52. lets the producer run to its end when the client leaves', async () => {
  const aborted = new AbortController()
  const answer = await fetch(`${host.url}/api/abandoned`, { signal: aborted.signal })
  await answer.body?.getReader().read()
  aborted.abort()
  const readProducers = async (): Promise<unknown> => (await fetch(`${host.url}/api/producers`)).json()
  await expect.poll(readProducers).toMatchObject({ abandoned: { produced: 6, atEnd: true, finished: true } })
  await host.waitForOutput(/Executed 'Functions\.abandoned' \(/)
})

test('52. starts no function for a client that leaves in the middle of its JSON', async () => {
  await new Promise<void>((resolve) => {
    const request = openRequest(`${host.url}/api/uploads`, {
      method: 'POST',
      headers: { 'content-length': 100 },
    })
    request.once('error', () => resolve())
    request.write('{"half":', () => request.destroy(new Error('left')))
  })
  expect(await (await fetch(`${host.url}/api/uploads`, post('{}'))).text()).toBe('started')
  await host.waitForOutput(/Executed 'Functions\.uploads'/)
  expect(host.output().match(/Executing 'Functions\.uploads'/g)).toHaveLength(1)
})

test('53. cuts the connection when the body breaks midway, and goes on', async () => {
  const answer = await fetch(`${host.url}/api/breaks`)
  expect(answer.status).toBe(200)
  const reader = answer.body?.getReader()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: one\n\n')
  const readAt = Date.now()
  await expect(reader?.read()).rejects.toThrow()
  expect(Date.now() - readAt).toBeLessThan(idleMs * 0.9)
  expect((await fetch(`${host.url}/api/producers`)).status).toBe(200)
})

test('50. answers 500 without the headers of the body that failed before its first chunk', async () => {
  const answer = await fetch(`${host.url}/api/breaksAtOnce`)
  expect([answer.status, await answer.text()]).toEqual([500, ''])
  expect([...answer.headers.keys()].sort()).toEqual(['connection', 'content-length', 'date', 'keep-alive'])
})

test('cuts an answer that is longer than it says, so that no later one is garbled', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (path: string) => getThrough(agent, `${host.url}/api/${path}`)
  await expect(ask('tooLong')).rejects.toThrow()
  expect(await ask('describe')).toMatchObject({ status: 200 })
  agent.destroy()
})

test('serves the next request of a connection when a function did not read its body', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const unread = { method: 'POST', body: 'x'.repeat(2_000_000) }
  for (let count = 0; count < 3; count++) {
    expect(await getThrough(agent, `${host.url}/api/uploads`, unread)).toEqual({
      status: 200,
      text: 'started',
    })
  }
  agent.destroy()
})

test('sends the headers of a HEAD request alone', async () => {
  const answer = await fetch(`${host.url}/api/echo`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('x-kind'), await answer.text()]).toEqual([200, 'echo', ''])
  expect(answer.headers.get('x-ms-invocation-id')).toMatch(/^[0-9a-f-]{36}$/)
})

test('keeps headers of the connection to itself', async () => {
  const { headers } = await fetch(`${host.url}/api/hopByHop`)
  expect(headers.get('x-kept')).toBe('1')
  expect([headers.get('x-hop'), headers.get('upgrade'), headers.get('connection')]).toEqual([
    null,
    null,
    'keep-alive',
  ])
})

test('apps see a request to the library on the diagnostics channel, named after its invocation', async () => {
  const answer = await fetch(`${host.url}/api/observed?a=1`, post('{"n":5}'))
  const id = answer.headers.get('x-ms-invocation-id')
  expect(await answer.json()).toContainEqual({ id, method: 'POST', url: '/api/observed?a=1', length: '7' })
})

test('54. cuts a stream that is silent for longer than the idle limit', async () => {
  const startedAt = Date.now()
  const answer = await fetch(`${host.url}/api/silent`)
  await expect(answer.text()).rejects.toThrow()
  expect(Date.now() - startedAt).toBeGreaterThan(idleMs * 0.9)
})

test('55. adds query parameters and body fields to params', async () => {
  const described = await describeRequest(
    '/7?foo=bar&code=key&id=8',
    post('{"n":5,"t":true,"o":{},"l":[1],"z":null}'),
  )
  expect(described.params).toEqual({ foo: 'bar', n: '5', t: 'True', id: '7' })
  expect(described.body).toBe('{"n":5,"t":true,"o":{},"l":[1],"z":null}')
})

test('55. lets a client replace the headers that the function sees', async () => {
  const injected = encodeURIComponent('{"x":"1"}')
  expect((await describeRequest(`?Headers=${injected}`)).headers).toEqual({ x: '1' })
  expect((await describeRequest('', post('{"Headers":{"x":"2"}}'))).headers).toMatchObject({ x: '2' })
  expect((await describeRequest('?headers=none')).headers).toEqual({})
})

test.each(['{"Headers":{"x":"3"},}', '{/* no JSON */"Headers":{"x":"3"}}'])(
  '55. takes more for JSON than JSON is: %s',
  async (body) => {
    expect((await describeRequest('', post(body))).headers).toMatchObject({ x: '3' })
  },
)

test('gives the function the headers of the request, and none that a client forged for the forwarder', async () => {
  const headers = { 'x-mine': 'yes', 'x-ms-invocation-id': 'forged', 'x-forwarded-host': 'evil.example' }
  const described = await describeRequest('', { headers })
  expect(described.headers).toMatchObject({ 'x-mine': 'yes' })
  expect(described.url).toBe(`${host.url}/api/describe`)
})

test('answers a request that follows after the connection was idle', async () => {
  await describeRequest('')
  await sleep(idleMs + 100)
  expect((await describeRequest('', post('{}'))).body).toBe('{}')
})

test("hands the caller's place in a trace to the invocation, and one of its own where there is none", async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const read = async (headers: Record<string, string>) =>
    (await fetch(`${host.url}/api/traced`, { headers })).json()
  expect(await read({ traceparent, tracestate: 'a=1' })).toMatchObject({
    traceParent: traceparent,
    traceState: 'a=1',
  })
  expect(await read({ traceparent: 'garbage', tracestate: 'a=1' })).toMatchObject({
    traceParent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
    traceState: '',
  })
})
