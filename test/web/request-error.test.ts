import { expect, test } from 'vitest'
import { toRequestError } from '../../src/web/browser/request-error.js'

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
