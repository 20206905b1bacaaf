import { expect, test } from 'vitest'
import { openHeaders, sealHeaders } from '../../src/http/webhooks/sealed-headers.js'

const [old, newest] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)]
const headers = { authorization: 'Bearer secret' }

test('what is sealed is opened by the secret that has sealed it, beside newer ones too', () => {
  const sealed = sealHeaders(headers, [old])
  expect(openHeaders(sealed, [old])).toEqual(headers)
  expect(openHeaders(sealed, [newest, old])).toEqual(headers)
  expect(openHeaders(sealHeaders(headers, [newest, old]), [newest])).toEqual(headers)
})

test('what is sealed is opened by no other secret, nor when anything of it is changed', () => {
  const sealed = sealHeaders(headers, [old])
  expect(openHeaders(sealed, [newest])).toBeUndefined()
  const bytes = Buffer.from(sealed, 'base64')
  for (const index of bytes.keys()) {
    const changed = Buffer.from(bytes)
    changed[index] = (changed[index] ?? 0) ^ 1
    expect(openHeaders(changed.toString('base64'), [old])).toBeUndefined()
  }
})

test('what is sealed says nothing, not even that it is the same', () => {
  const [first, second] = [sealHeaders(headers, [old]), sealHeaders(headers, [old])]
  expect(Buffer.from(first, 'base64').toString('latin1')).not.toContain('secret')
  expect(first).not.toBe(second)
})
