import { expect, test } from 'vitest'
import { checkAppOptions } from '../../src/app/check-app-options.js'

test('options that are not given, or are whole numbers, are fine', () => {
  checkAppOptions({})
  checkAppOptions({ sessionTtlMs: 1, maxInlineMediaBytes: 0, waitLimitMs: 100_000, maxAttempts: 1 })
})

test.each([
  { waitLimitMs: 0 },
  { streamLimitMs: -1 },
  { heartbeatMs: Number.NaN },
  { operationTimeoutMs: 0 },
  { sessionTtlMs: -1 },
  { runRetentionMs: 0 },
  { maxAttempts: 1.5 },
  { maxInlineMediaBytes: -1 },
  { maxBodyBytes: Number.POSITIVE_INFINITY },
])('%j is refused by its name', (options) => {
  const [name = ''] = Object.keys(options)
  expect(() => checkAppOptions(options)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(name) }),
  )
})
