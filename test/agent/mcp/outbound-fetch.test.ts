import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { createOutboundFetch } from '../../../src/agent/mcp/outbound-fetch.js'
import { isPublicAddress } from '../../../src/agent/mcp/public-address.js'
import { serveHttp } from './servers.js'

const fetchPublic = createOutboundFetch({ allowPrivateNetwork: false })
const fetchAny = createOutboundFetch({ allowPrivateNetwork: true })

/** A resolver that knows one answer. */
function resolveTo(...addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_host, _options, callback) => callback(null, found)
}

test.each(['8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.0.1', '2606:4700:4700::1111'])(
  '%s is an address of the public internet',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  '2002:a00:1::1',
  '2001:db8::1',
  'ff02::1',
  'localhost',
  '',
])('"%s" is none', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test('a name is refused when any of its addresses is private', async () => {
  const { url, requests } = await serveHttp((_request, response) => response.end('private'))
  const lookup = resolveTo('8.8.8.8', '127.0.0.1')
  const fetchResolved = createOutboundFetch({ allowPrivateNetwork: false, lookup })
  await expect(fetchResolved(url.replace('127.0.0.1', 'rebind.example'))).rejects.toThrow(
    '"rebind.example" leads to 127.0.0.1',
  )
  expect(requests).toEqual([])
})

test.each(['http://127.0.0.1:9', 'http://[::1]:9', 'http://2130706433:9', 'http://0x7f.1:9'])(
  'the address %s is refused however it is written',
  async (url) => {
    await expect(fetchPublic(url)).rejects.toMatchObject({ code: 'invalid_configuration' })
  },
)

test('it fetches as fetch does', async () => {
  const { url } = await serveHttp(async (request, response) => {
    const chunks = await request.toArray()
    response.writeHead(
      201,
      [
        ['x-kind', request.headers['x-kind'] ?? ''],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ].flat(),
    )
    response.end(`${request.method} ${Buffer.concat(chunks)}`)
  })
  const response = await fetchAny(url, { method: 'POST', body: 'tide', headers: { 'x-kind': 'high' } })
  expect([response.status, response.headers.get('x-kind'), await response.text()]).toEqual([
    201,
    'high',
    'POST tide',
  ])
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
})

test('redirects are left to whoever asked', async () => {
  const { url, requests } = await serveHttp((_request, response) => {
    response.writeHead(302, { location: 'http://example.com/' }).end()
  })
  const response = await fetchAny(url)
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://example.com/'])
  expect(requests).toHaveLength(1)
})

test('a response without a body has none', async () => {
  const { url } = await serveHttp((_request, response) => {
    response.writeHead(204).end()
  })
  const response = await fetchAny(url)
  expect([response.status, response.body]).toEqual([204, null])
})

test('an abort ends the request, and the reading of its answer', async () => {
  const { url } = await serveHttp((_request, response) => {
    response.write('first')
  })
  const stop = new AbortController()
  const response = await fetchAny(url, { signal: stop.signal })
  const reading = response.text()
  stop.abort()
  await expect(reading).rejects.toThrow()
  await expect(fetchAny(url, { signal: stop.signal })).rejects.toThrow(/abort/i)
})

test('each request has a connection of its own, which nobody closes at the wrong moment', async () => {
  const { url, requests } = await serveHttp((_request, response) => response.end('ok'))
  for (const _time of [1, 2]) await (await fetchAny(url)).text()
  expect(requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close'])
})
