import { expect, test } from 'vitest'
import { checkCount } from '../../src/core/check-count.js'

test('a whole number of at least the least passes', () => {
  checkCount('maxParallel', 1)
  checkCount('maxBytes', 0, 0)
})

test.each([
  [0, 1],
  [-1, 0],
  [1.5, 1],
  [Number.NaN, 1],
  [Number.POSITIVE_INFINITY, 1],
])('%d is refused where %d is the least', (value, least) => {
  expect(() => checkCount('maxParallel', value, least)).toThrow(
    expect.objectContaining({
      code: 'invalid_configuration',
      message: `maxParallel must be a whole number of at least ${least}, not ${value}.`,
    }),
  )
})
