import { expect, test } from 'vitest'
import { toBackoffMs } from '../../../src/core/backoff.js'
import { parseRetryPolicy } from '../../../src/host/timers/retry-policy.js'

const seconds = (count: number) => ({ seconds: count })

test('a fixed delay stays the same', () => {
  const policy = parseRetryPolicy({ strategy: 'fixedDelay', maxRetryCount: 3, delayInterval: seconds(5) })
  expect(policy.maxRetryCount).toBe(3)
  expect([1, 2, 3, 50].map((retry) => toBackoffMs(policy, retry))).toEqual([5000, 5000, 5000, 5000])
})

test.each([
  [0, [1000, 1800, 2600, 4200, 7400, 10_000, 10_000]],
  [0.5, [1000, 2000, 3000, 5000, 9000, 10_000, 10_000]],
  [1, [1000, 2200, 3400, 5800, 10_000, 10_000, 10_000]],
])('a growing delay doubles its growth up to the longest, with chance at %d', (chance, delays) => {
  const policy = parseRetryPolicy({
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: seconds(1),
    maximumInterval: seconds(10),
  })
  expect(policy.maxRetryCount).toBeUndefined()
  const actual = delays.map((_, index) => Math.round(toBackoffMs(policy, index + 1, () => chance)))
  expect(actual).toEqual(delays)
  expect(toBackoffMs(policy, 5000, () => chance)).toBe(10_000)
})

test.each([
  [{ strategy: 'fixedDelay', maxRetryCount: -2, delayInterval: seconds(1) }, 'retry.maxRetryCount'],
  [{ strategy: 'fixedDelay', maxRetryCount: '3', delayInterval: seconds(1) }, 'not "3"'],
  [{ strategy: 'fixedDelay', maxRetryCount: 1 }, 'retry.delayInterval must be a duration'],
  [{ strategy: 'linear', maxRetryCount: 1 }, 'retry.strategy'],
  [
    {
      strategy: 'exponentialBackoff',
      maxRetryCount: 1,
      minimumInterval: seconds(2),
      maximumInterval: seconds(1),
    },
    'retry.maximumInterval',
  ],
])('refuses %j', (options, message) => {
  expect(() => parseRetryPolicy(options)).toThrow(message)
})
