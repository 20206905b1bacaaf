import { expect, test } from 'vitest'
import { formatTimeSpan, parseTimeSpanMs } from '../../src/core/time-span.js'

test.each([
  [1000, '00:00:01'],
  [1_800_000, '00:30:00'],
  [90_061_500, '1.01:01:01.5000000'],
])('%d ms is %s', (ms, text) => {
  expect(formatTimeSpan(ms)).toBe(text)
  expect(parseTimeSpanMs(text)).toBe(ms)
})

// A first number that is no hour of a day counts days, for .NET.
test.each([
  ['24:00:00', 24 * 86_400_000],
  ['01:30', 5_400_000],
  ['2', 2 * 86_400_000],
  ['00:90:00', undefined],
  ['soon', undefined],
])('%s is %s ms', (text, ms) => {
  expect(parseTimeSpanMs(text)).toBe(ms)
})
