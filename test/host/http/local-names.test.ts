import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { hasLocalName, isLoopback } from '../../../src/host/http/local-names.js'

const isLocal = (host: string | undefined) => hasLocalName({ headers: { host } } as IncomingMessage)

test.each([
  undefined,
  '',
  'localhost:7071',
  'LOCALHOST',
  'localhost.',
  'app.localhost:7071',
  '127.0.0.1:7071',
  '192.168.1.5:7071',
  '[::1]:7071',
  '[fe80::1]',
  'my-machine:7071',
  'host.docker.internal:7071',
])('%j is a name of a machine', (host) => {
  expect(isLocal(host)).toBe(true)
})

test.each([
  'evil.example',
  'evil.example:7071',
  'evil.example.',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil-localhost.example',
  'notinternal.example',
])('%j may be that of a page', (host) => {
  expect(isLocal(host)).toBe(false)
})

test('an address of this machine alone', () => {
  expect(['127.0.0.1', '127.0.1.1', '::1', 'localhost'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '::', '192.168.1.5', '128.0.0.1'].some(isLoopback)).toBe(false)
})
