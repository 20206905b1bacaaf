import { expect, test } from 'vitest'
import { toUsage } from '../../src/model/to-usage.js'

test('a missing total is the sum', () => {
  expect(toUsage(3, 4)).toEqual({ inputTokens: 3, outputTokens: 4, totalTokens: 7 })
  expect(toUsage(3, 4, 9)).toEqual({ inputTokens: 3, outputTokens: 4, totalTokens: 9 })
})

test.each([-1, 1.5, 1e308, Number.NaN, '3', null, undefined, {}])('%j is no count', (value) => {
  expect(toUsage(value, 4, value)).toEqual({ inputTokens: 0, outputTokens: 4, totalTokens: 4 })
})
