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
