import { expect, test } from 'vitest'
import { isPutOff, toRequestError } from '../../src/web/browser/request-error.js'

test.each([
  [429, '', true],
  [429, '{"detail":"It is used up.","code":"budget_exhausted"}', false],
  [500, '', true],
  [500, '{"detail":"Set it up.","code":"invalid_configuration"}', false],
  [503, '<html>', true],
  [404, '', false],
])('an answer %i %s is asked for again: %s', (status, body, retryable) => {
  expect(toRequestError(status, body).retryable).toBe(retryable)
})

test('whoever has spent what they may is told from when on there is more, in their own time', () => {
  const body = '{"detail":"20 of 20 tokens are spent.","code":"budget_exhausted"}'
  const from = Date.now() + 90_000
  const { message } = toRequestError(429, body, 90)
  const [, until = ''] = /more from (.+) on: /.exec(message) ?? []
  expect(Math.abs(new Date(until).getTime() - from)).toBeLessThan(2000)
  expect(toRequestError(429, body).message).toBe('20 of 20 tokens are spent.')
})

test.each([
  [401, '', true],
  [401, '{"detail":"Sign in first.","code":"unauthorized"}', true],
  [429, '{"detail":"It is used up.","code":"budget_exhausted"}', true],
  [403, '{"detail":"It is somebody else\'s.","code":"forbidden"}', false],
  [400, '{"detail":"It is wrong.","code":"invalid_request"}', false],
])('what %i %s refuses is worth keeping: %s', (status, body, isKept) => {
  expect(isPutOff(toRequestError(status, body))).toBe(isKept)
})
