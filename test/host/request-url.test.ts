import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { hasUsableHost } from '../../src/host/http/request-url.js'

function isUsable(host: string | undefined): boolean {
  return hasUsableHost({ headers: { host } } as IncomingMessage)
}

test.each([
  undefined,
  '',
  'localhost',
  'localhost:7071',
  '127.0.0.1:80',
  '[::1]:7071',
  'my-app.azurewebsites.net',
])('takes a request to the host %j', (host) => {
  expect(isUsable(host)).toBe(true)
})

test.each(['a b', 'a/b', 'a\\b', 'a?b', 'a#b', 'eve@a', 'a:99999', 'a:b', '[::1'])(
  'takes none to the host %j',
  (host) => {
    expect(isUsable(host)).toBe(false)
  },
)
