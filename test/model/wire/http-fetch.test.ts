import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fetchByHttp } from '../../../src/model/wire/http-fetch.js'
import { createGate } from '../../support/gate.js'
import { readText } from '../../support/model-server-http.js'
import { beginEvents, type PacketAnswer, startPacketServer } from '../../support/packet-server.js'

async function start(answer: PacketAnswer, host?: string) {
  const server = await startPacketServer(answer, host)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** Everything that a body brings. */
async function readAll(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const packets: Uint8Array[] = []
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
    packets.push(next.value)
  return Buffer.concat(packets).toString()
}

test('asks with method, headers and body, and gives status, headers and body', async () => {
  const { url } = await start(async (response, request) => {
    const { method, headers } = request
    response.writeHead(
      418,
      'Teapot',
      [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['x-request-id', 'req_1'],
      ].flat(),
    )
    response.end(JSON.stringify({ method, headers, body: await readText(request) }))
  })
  const headers = new Headers({ 'x-team': 'blue', 'content-type': 'application/json' })
  const response = await fetchByHttp(`${url}/x?y=1`, { method: 'POST', headers, body: '{"a":"é"}' })
  expect(response).toBeInstanceOf(Response)
  expect(response).toMatchObject({ status: 418, statusText: 'Teapot', ok: false })
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(new Set(response.headers.keys())).toEqual(new Set(['date', 'set-cookie', 'x-request-id']))
  expect(await response.json()).toMatchObject({
    method: 'POST',
    headers: { 'x-team': 'blue', 'content-length': '10', 'accept-encoding': 'identity' },
    body: '{"a":"é"}',
  })
})

test('gives an answer without a body', async () => {
  const { url } = await start((response) => void response.writeHead(204).end())
  const response = await fetchByHttp(url, { method: 'DELETE' })
  expect(response.status).toBe(204)
  expect(await response.text()).toBe('')
})

test.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'text/plain'])(
  'gives the packets of a body of type %s as they come',
  async (type) => {
    const gate = createGate()
    const { url } = await start(async (response) => {
      beginEvents(response, { 'content-type': type })
      response.write('data: 1\n\n')
      await gate.opened
      response.end('data: 2\n\n')
    })
    const reader = (await fetchByHttp(url)).body?.getReader()
    expect(String(Buffer.from((await reader?.read())?.value ?? ''))).toBe('data: 1\n\n')
    gate.open()
    expect(String(Buffer.from((await reader?.read())?.value ?? ''))).toBe('data: 2\n\n')
    expect((await reader?.read())?.done).toBe(true)
  },
)

test('events of an answer that failed can be read as text', async () => {
  const { url } = await start((response) => {
    response.writeHead(429, { 'content-type': 'text/event-stream' }).end('data: {}\n\n')
  })
  expect(await (await fetchByHttp(url)).text()).toBe('data: {}\n\n')
})

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
])('undoes %s, although it did not ask for it', async (encoding, compress) => {
  const { url } = await start((response) => {
    beginEvents(response, { 'content-encoding': encoding })
    response.end(compress('data: 1\n\n'))
  })
  expect(await readAll(await fetchByHttp(url))).toBe('data: 1\n\n')
})

test('a compressed body that is broken off fails', async () => {
  const { url } = await start(async (response) => {
    beginEvents(response, { 'content-encoding': 'gzip' })
    await new Promise((resolve) => response.write(gzipSync('data: 1\n\n').subarray(0, 12), resolve))
    response.destroy()
  })
  await expect(readAll(await fetchByHttp(url))).rejects.toThrow('terminated')
})

test('reaches IPv6 addresses, and localhost', async () => {
  const six = await start((response) => void response.end('six'), '::1')
  expect(await (await fetchByHttp(six.url)).text()).toBe('six')
  const four = await start((response) => void response.end('four'))
  expect(await (await fetchByHttp(four.url.replace('127.0.0.1', 'localhost'))).text()).toBe('four')
})

test('uses a connection again, whatever became of the answers before', async () => {
  const server = await start((response, _request, call) => {
    if (call % 2 === 0) beginEvents(response)
    response.end('data: 1\n\n')
  })
  for (let call = 0; call < 6; call++)
    expect(await readAll(await fetchByHttp(server.url))).toBe('data: 1\n\n')
  expect(server.connections()).toBe(1)
})

test('does not keep an unused connection for as long as servers do', async () => {
  const { url } = await start((response) => {
    response.writeHead(200, { connection: 'keep-alive', 'keep-alive': 'timeout=60' }).end('hello')
  })
  const readTimeouts = () =>
    http.globalAgent.freeSockets[`${new URL(url).host}:`]?.map(({ timeout }) => timeout)
  await (await fetchByHttp(url)).text()
  await expect.poll(readTimeouts).toEqual([4000])
})

test('uses the agent of the process for https', async () => {
  const psk = Buffer.from('a key that both sides know')
  const server = https.createServer(
    { ciphers: 'PSK', maxVersion: 'TLSv1.2', pskCallback: () => psk },
    (_, response) => response.end('secret'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const before = { ...https.globalAgent.options }
  const options = { ciphers: 'PSK', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined } as const
  Object.assign(https.globalAgent.options, options, { pskCallback: () => ({ psk, identity: 'me' }) })
  onTestFinished(() => {
    https.globalAgent.options = before
    https.globalAgent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  expect(await (await fetchByHttp(`https://127.0.0.1:${port}/`)).text()).toBe('secret')
})

describe('an abort', () => {
  const reason = new Error('The user pressed stop.')

  test('before the call asks nothing', async () => {
    const asked = vi.fn()
    const { url } = await start(asked)
    await expect(fetchByHttp(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(asked).not.toHaveBeenCalled()
  })

  test('while it connects rejects with the reason', async () => {
    const controller = new AbortController()
    const { url } = await start(() => {})
    const call = fetchByHttp(url, { signal: controller.signal })
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  test('before the answer begins ends the request at the server', async () => {
    const controller = new AbortController()
    const closed = createGate()
    const { url } = await start((response) => {
      response.once('close', () => closed.open())
      controller.abort(reason)
    })
    await expect(fetchByHttp(url, { signal: controller.signal })).rejects.toBe(reason)
    await closed.opened
  })

  test.each(['text/event-stream', 'text/plain'])(
    'in a body of type %s ends the request at the server',
    async (type) => {
      const controller = new AbortController()
      const closed = createGate()
      const { url } = await start((response) => {
        response.once('close', () => closed.open())
        beginEvents(response, { 'content-type': type })
        response.write('data: 1\n\n')
      })
      const { body } = await fetchByHttp(url, { signal: controller.signal })
      const reader = body?.getReader()
      await reader?.read()
      const next = reader?.read()
      controller.abort(reason)
      await expect(next).rejects.toBe(reason)
      await closed.opened
    },
  )

  test('after the end means nothing to the connection', async () => {
    const controller = new AbortController()
    const server = await start((response) => void response.end('x'))
    await (await fetchByHttp(server.url, { signal: controller.signal })).text()
    controller.abort(reason)
    await (await fetchByHttp(server.url)).text()
    expect(server.connections()).toBe(1)
  })
})

describe('what goes wrong', () => {
  test('no server is a failure with the reason of the system', async () => {
    const server = await startPacketServer(() => {})
    await server[Symbol.asyncDispose]()
    const error = await fetchByHttp(server.url).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
  })

  test('a connection that is dropped before the answer', async () => {
    const { url } = await start((response) => void response.destroy())
    await expect(fetchByHttp(url)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
  })

  test.each<[string, Record<string, string>]>([
    ['in pieces', { 'transfer-encoding': 'chunked' }],
    ['of a known length', { 'content-length': '100' }],
  ])('a body %s that is broken off fails after what came of it', async (_, headers) => {
    const { url } = await start(async (response) => {
      beginEvents(response, headers)
      await new Promise((resolve) => response.write('data: 1\n\n', resolve))
      response.destroy()
    })
    const reader = (await fetchByHttp(url)).body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    await expect(reader?.read()).rejects.toMatchObject({
      message: 'terminated',
      cause: { code: 'ECONNRESET' },
    })
  })

  test('a status that is none', async () => {
    const { url } = await start((response) => void response.writeHead(700).end('x'))
    await expect(fetchByHttp(url)).rejects.toThrow('fetch failed')
  })

  test('a server that does not come to a connection within ten seconds', async () => {
    const server = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { port } = server.address() as AddressInfo
    const call = expect(fetchByHttp(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      cause: { code: 'ETIMEDOUT', message: expect.stringContaining('timed out') },
    })
    await once(server, 'connection')
    vi.advanceTimersByTime(10_000)
    await call
  })
})

test('a slow reader makes the server wait', async () => {
  const total = 64 * 1024 * 1024
  const piece = Buffer.alloc(64 * 1024)
  let sent = 0
  const { url } = await start(async (response) => {
    beginEvents(response)
    for (; sent < total; sent += piece.length) if (!response.write(piece)) await once(response, 'drain')
    response.end()
  })
  const reader = (await fetchByHttp(url)).body?.getReader()
  const seen: number[] = []
  await expect.poll(() => seen.push(sent) > 1 && seen.at(-1) === seen.at(-2), { interval: 50 }).toBe(true)
  expect(sent).toBeLessThan(total / 2)
  let read = 0
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
    read += next.value.byteLength
  expect(read).toBe(total)
})

describe('is left to fetch itself:', () => {
  afterEach(() => void vi.unstubAllGlobals())

  test.each([301, 302, 307, 308])('a redirect with status %i', async (status) => {
    const { url } = await start(async (response, request) => {
      if (request.url === '/v1') response.writeHead(status, { location: '/v1/there' }).end('elsewhere')
      else response.end(`${request.method} ${await readText(request)}`)
    })
    const response = await fetchByHttp(url, { method: 'POST', body: 'Hello' })
    expect(await response.text()).toBe(status < 307 ? 'GET ' : 'POST Hello')
  })

  test('a redirect whose own body does not end, which is not waited for', async () => {
    const closed = createGate()
    const { url } = await start((response, request) => {
      if (request.url !== '/v1') return void response.end('there')
      response.once('close', () => closed.open())
      response.writeHead(307, { location: '/v1/there' }).write('elsewhere')
    })
    expect(await (await fetchByHttp(url)).text()).toBe('there')
    // Node's fetch leaves it as well.
    await closed.opened
  })

  test('a body that is no text', async () => {
    const { url } = await start(async (response, request) => void response.end(await readText(request)))
    const response = await fetchByHttp(url, { method: 'POST', body: new Blob(['Hi']) })
    expect(await response.text()).toBe('Hi')
  })

  test('an address of another kind, and a whole Request', async () => {
    expect(await (await fetchByHttp('data:,Hi')).text()).toBe('Hi')
    const { url } = await start((response) => void response.end('Hello'))
    expect(await (await fetchByHttp(new Request(url))).text()).toBe('Hello')
  })

  test('every call while another fetch is in its place', async () => {
    vi.stubGlobal('fetch', async () => new Response('mock'))
    expect(await (await fetchByHttp('http://model.invalid/')).text()).toBe('mock')
  })

  test('every call while another dispatcher is in its place', async () => {
    await fetch('data:,')
    const dispatch = vi.fn(() => {
      throw new Error('by proxy')
    })
    for (const version of [1, 2]) {
      const place = Symbol.for(`undici.globalDispatcher.${version}`)
      const before: unknown = Reflect.get(globalThis, place)
      Reflect.set(globalThis, place, { dispatch })
      onTestFinished(() => void Reflect.set(globalThis, place, before))
    }
    await expect(fetchByHttp('http://model.invalid/')).rejects.toThrow()
    expect(dispatch).toHaveBeenCalled()
  })
})
