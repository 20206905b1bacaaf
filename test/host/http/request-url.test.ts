import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { decodePath, hasUsableHost } from '../../../src/host/http/request-url.js'

function isUsable(...hosts: string[]): boolean {
  const rawHeaders = ['Accept', 'host', ...hosts.flatMap((host) => ['Host', host])]
  return hasUsableHost({ rawHeaders } as IncomingMessage)
}

test('takes a request without a host, and none with two', () => {
  expect(isUsable()).toBe(true)
  expect(isUsable('a', 'a')).toBe(false)
})

test.each(['', 'localhost', 'localhost:7071', '127.0.0.1:80', '[::1]:7071', 'my-app.azurewebsites.net'])(
  'takes a request to the host %j',
  (host) => {
    expect(isUsable(host)).toBe(true)
  },
)

test.each(['a b', 'a/b', 'a\\b', 'a?b', 'a#b', 'eve@a', 'a:99999', 'a:b', '[::1'])(
  'takes none to the host %j',
  (host) => {
    expect(isUsable(host)).toBe(false)
  },
)

test.each([
  ['/a%20b', '/a b'],
  ['/a%2Fb%2f', '/a%2Fb%2f'],
  ['/%C3%A4', '/ä'],
  ['/%252F', '/%2F'],
  ['/%FF%41', '/%FF%41'],
  ['/100%', '/100%'],
])('decodes path %s to %s', (path, decoded) => {
  expect(decodePath(path)).toBe(decoded)
})
