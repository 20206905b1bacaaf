import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpawnedHost, spawnHost } from '../support/spawn-host.js'

const root = join(import.meta.dirname, '../fixtures/apps/buffered')
let host: SpawnedHost

beforeAll(async () => {
  host = await spawnHost({ root })
})
afterAll(() => host.stop('SIGKILL'))

function get(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${host.url}/api/${path}`, init)
}

test('1. serves a CommonJS app and lists its functions', async () => {
  const answer = await get('hello?name=Ada')
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe('Hello, Ada!')
  expect(host.output()).toContain(`\thello: [GET,POST] ${host.url}/api/hello\n`)
  expect(host.output()).toContain('\tnightly: timerTrigger\n')
  expect(host.output()).toMatch(/^Development host for Azure Functions apps/)
})

test('11. runs appStart hooks before requests and shares appHookData with invocation hooks', async () => {
  expect(await (await get('replaced')).text()).toBe(`replaced in ${host.root}`)
})

test('12. lets hooks replace the handler and its result', async () => {
  expect((await get('replaced')).headers.get('x-post')).toBe('changed')
})

test('16. takes a log call in a postInvocation hook for one in time', async () => {
  await get('replaced')
  await host.waitForOutput(/\] still inside/)
  expect(host.output()).not.toMatch(/Unexpected call to 'log'.*\n.*still inside/)
})

test('13. answers 500 without a body when a preInvocation hook throws, and runs no postInvocation hook', async () => {
  const answer = await get('preThrows')
  expect([answer.status, await answer.text()]).toEqual([500, ''])
  await host.waitForOutput(/no entry/)
  expect(host.output()).not.toContain('postInvocation ran for preThrows')
})

test('14. lets a postInvocation hook turn a failure into an answer', async () => {
  expect((await get('rescued')).status).toBe(299)
})

test('16. warns about a log call after the end and leaves the answer alone', async () => {
  expect(await (await get('lateLog')).text()).toBe('early')
  await host.waitForOutput(/Unexpected call to 'log' on the context object after function execution/)
  await host.waitForOutput(/\] after the end/)
})

test.each([
  ['17. answers 204 for undefined', 'nothing', 204, '', null],
  ['18. answers 200 without content for {}', 'emptyObject', 200, '', null],
  ['19. answers 500 without a body for an exception', 'throws', 500, '', null],
  ['20. answers 500 for a result that is no object', 'text', 500, '', null],
  ['20. answers 500 for a status that HTTP does not have', 'badStatus', 500, '', null],
  ['21. writes jsonBody as JSON', 'json', 200, '{"a":1}', 'application/json'],
  ['22. drops the body of a 204', 'noContent', 204, '', null],
] as const)('%s', async (_title, path, status, body, type) => {
  const answer = await get(path)
  expect(answer.status).toBe(status)
  expect(await answer.text()).toBe(body)
  const seen = answer.headers.get('content-type')
  expect(path === 'noContent' ? null : seen).toBe(type)
})

test('19. writes the exception to the log, with its stack', async () => {
  await get('throws')
  await host.waitForOutput(
    /Executed 'Functions\.throws' \(Failed, Id=[0-9a-f-]{36}, Duration=\d+ms\)\nResult: Failure/,
  )
  await host.waitForOutput(/Exception: secret detail\nStack: Error: secret detail\n\s+at /)
})

test('logs the start and the end of an invocation and what the function logs', async () => {
  await get('hello?name=Log')
  await host.waitForOutput(/\[\d{4}-\d\d-\d\dT[\d:.]+Z\] Executing 'Functions\.hello' \(Reason='.+', Id=/)
  await host.waitForOutput(
    /Http function processed request for url "http:\/\/localhost:\d+\/api\/hello\?name=Log"/,
  )
  await host.waitForOutput(/Executed 'Functions\.hello' \(Succeeded, Id=/)
})

test('33. joins repeated query parameters with a comma', async () => {
  const seen = (await (await get('query?a=1&a=2&A=3&b=x%20y+z')).json()) as { query: unknown }
  expect(seen.query).toEqual({ a: '1,2,3', b: 'x y z' })
})

test('34. gives no body to the function when the request is chunked', async () => {
  const body = new Blob(['lost']).stream()
  const answer = await get('echo', { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect([answer.status, answer.headers.get('x-length')]).toEqual([200, '0'])
})

test('35. passes binary bodies unchanged, also large ones', async () => {
  for (const length of [256, 10 * 1024 * 1024]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 256)
    const answer = await get('echo', { method: 'POST', body: bytes })
    const echoed = new Uint8Array(await answer.arrayBuffer())
    expect(Buffer.compare(echoed, bytes)).toBe(0)
    expect(answer.headers.get('content-type')).toBeNull()
  }
})

/** The head of the answer to a request that is written as it is. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(host.port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8').once('data', (head: string) => {
      socket.destroy()
      resolve(head)
    })
    socket.once('error', reject)
  })
}

test('36. answers 413 to a body over 100 MiB before it is sent', async () => {
  const length = 101 * 1024 * 1024
  const head = await exchange(`POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`)
  expect(head).toMatch(/^HTTP\/1\.1 413 /)
})

test('answers 414 and 431 to request lines and headers that are too long', async () => {
  expect(await exchange(`GET /${'a'.repeat(8200)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 414 /)
  expect(await exchange(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(33_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  )
})

test('answers 400 to two hosts, and to a NUL in the path', async () => {
  expect(await exchange(`GET /api/json HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await exchange(`GET /api/json%00 HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await exchange(`GET /api/json HTTP/1.1\r\nHost:\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
})

test('37. writes one Set-Cookie header per cookie', async () => {
  expect((await get('cookies')).headers.getSetCookie()).toEqual([
    'a=1%202; path=/; secure; samesite=none',
    'b=2; max-age=60; path=/x; samesite=lax; httponly',
  ])
})

test('38. keeps only the last of several set-cookie headers', async () => {
  expect((await get('cookieHeaders')).headers.getSetCookie()).toEqual(['b=2'])
})

test('frames answers itself, whatever a function says about that', async () => {
  const answer = await get('framed')
  expect([await answer.text(), answer.headers.get('content-length')]).toEqual(['whole', '5'])
})

test('41. needs no key for authLevel function', async () => {
  expect(await (await get('keyed')).text()).toBe('open')
})

test('adds the custom headers of host.json, whoever answers', async () => {
  for (const path of ['/api/json', '/api/nowhere', '/', '/admin/host/ping']) {
    expect((await fetch(host.url + path)).headers.get('x-custom')).toBe('yes')
  }
})

test('44. reports that it runs', async () => {
  const answer = await fetch(`${host.url}/admin/host/status`)
  expect(await answer.json()).toMatchObject({ state: 'Running', version: expect.stringMatching(/^4\./) })
  expect((await fetch(`${host.url}/admin/host/ping`, { method: 'POST' })).status).toBe(200)
  expect((await fetch(`${host.url}/admin/warmup`)).status).toBe(200)
  const synced = await fetch(`${host.url}/admin/host/synctriggers`, { method: 'POST' })
  expect(await synced.json()).toEqual({ status: 'success' })
  // Nobody would start this process again.
  expect((await fetch(`${host.url}/admin/host/restart`, { method: 'POST' })).status).toBe(404)
})

test('45. describes functions to tools', async () => {
  const answer = await fetch(`${host.url}/admin/functions/HELLO`)
  expect(await answer.json()).toMatchObject({
    name: 'hello',
    language: 'node',
    isDisabled: false,
    invoke_url_template: `${host.url}/api/hello`,
    config: { scriptFile: 'index.js', bindings: [{ type: 'httpTrigger' }, { name: '$return' }] },
  })
  const all = (await (await fetch(`${host.url}/admin/functions`)).json()) as { name: string }[]
  expect(all.map(({ name }) => name)).toContain('nightly')
  expect((await fetch(`${host.url}/admin/functions/missing`)).status).toBe(404)
  expect(await (await fetch(`${host.url}/admin/functions/twinB/status`)).json()).toEqual({
    errors: [expect.stringContaining('conflicts with the route')],
  })
})

test('46. runs any function by hand', async () => {
  const run = async (name: string, body: string, type = 'application/json'): Promise<number> => {
    const headers = { 'content-type': type }
    return (await fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', body, headers })).status
  }
  expect(await run('nightly', '{"input":""}')).toBe(202)
  await host.waitForOutput(/nightly ran, past due: false/)
  expect(await run('orders', '{"input":"{\\"a\\":1}"}')).toBe(202)
  await host.waitForOutput(/order \{"a":1\}/)
  expect(await run('nightly', '')).toBe(400)
  expect(await run('nightly', '{"input":""}', 'text/plain')).toBe(415)
  expect(await run('missing', '{"input":""}')).toBe(404)
})

test('46. takes a body in chunks for a run by hand, as .NET sends it', async () => {
  const run = async (text: string, type = 'application/json'): Promise<number> => {
    const body = new Blob([text]).stream()
    const headers = { 'content-type': type }
    const init = { method: 'POST', body, headers, duplex: 'half' } as RequestInit
    return (await fetch(`${host.url}/admin/functions/orders`, init)).status
  }
  expect(await run('{"input":"in chunks"}')).toBe(202)
  await host.waitForOutput(/order "in chunks"/)
  expect(await run('')).toBe(400)
  expect(await run('{"input":"x"}', 'text/plain')).toBe(415)
  expect(await run(' '.repeat(1_048_577))).toBe(413)
})

test('loads functions with triggers that it does not listen to, and says so', () => {
  expect(host.output()).toMatch(/Function orders is loaded but not run: .*serviceBusTrigger/)
  expect(host.output()).not.toMatch(/Function nightly is loaded but not run/)
})

test('answers 404 for webhooks of extensions that do not exist', async () => {
  expect((await fetch(`${host.url}/runtime/webhooks/mcp`)).status).toBe(404)
})

test.each(['/api/echo', '/runtime/webhooks/durabletask/entities/e/k'])(
  'a client of %s that leaves in the middle of its body is no error of the host',
  async (path) => {
    const before = host.output().length
    const socket = connect(host.port, '127.0.0.1', () =>
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\npart`,
      ),
    )
    // The host asks for the body when it begins to read it.
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    await expect.poll(() => host.output().slice(before)).toContain('closed the connection before it had sent')
    expect(host.output().slice(before)).not.toMatch(/failed|\n\s+at /)
  },
)

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
