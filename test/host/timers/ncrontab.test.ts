import { expect, test } from 'vitest'
import { findNext, parseNcrontab } from '../../../src/host/timers/ncrontab.js'

function next(expression: string, after: string): string {
  return new Date(findNext(parseNcrontab(expression), Date.parse(`${after}Z`))).toISOString().slice(0, 19)
}

test.each([
  // Every field, and what carries over into the next one.
  ['* * * * * *', '2026-01-01T00:00:00', '2026-01-01T00:00:01'],
  ['* * * * * *', '2026-12-31T23:59:59.999', '2027-01-01T00:00:00'],
  ['*/15 * * * * *', '2026-01-01T00:00:15', '2026-01-01T00:00:30'],
  ['*/40 * * * * *', '2026-01-01T00:00:40', '2026-01-01T00:01:00'],
  ['0 */5 * * * *', '2026-01-01T00:03:20', '2026-01-01T00:05:00'],
  ['0 0 * * * *', '2026-01-01T23:00:00', '2026-01-02T00:00:00'],
  ['0 0 */2 * * *', '2026-01-01T22:00:01', '2026-01-02T00:00:00'],
  ['0 30 9 * * *', '2026-01-01T09:30:00', '2026-01-02T09:30:00'],
  ['0 30 9 * * *', '2026-01-01T09:29:59.999', '2026-01-01T09:30:00'],
  ['5 4 3 2 1 *', '2026-01-02T03:04:05', '2027-01-02T03:04:05'],
  // Five fields: on the full minute.
  ['*/5 * * * *', '2026-01-01T00:00:30', '2026-01-01T00:05:00'],
  // Lists, ranges, steps, and both together.
  ['0,30 10-12 8,20 * * *', '2026-01-01T08:11:30', '2026-01-01T08:12:00'],
  ['0,30 10-12 8,20 * * *', '2026-01-01T08:12:30', '2026-01-01T20:10:00'],
  ['0 0 9-17/4 * * *', '2026-01-01T09:00:00', '2026-01-01T13:00:00'],
  ['0 0 20/2 * * *', '2026-01-01T20:00:00', '2026-01-01T22:00:00'],
  ['0 0 22-20 * * *', '2026-01-01T00:00:00', '2026-01-01T20:00:00'],
  ['0 */0 * * * *', '2026-01-01T00:00:00', '2026-01-01T00:01:00'],
  // Names, whole or begun, in any casing.
  ['0 0 0 1 MAR *', '2026-01-01T00:00:00', '2026-03-01T00:00:00'],
  ['0 0 0 1 september,ju *', '2026-01-01T00:00:00', '2026-06-01T00:00:00'],
  ['0 0 0 * * MON', '2026-01-01T00:00:00', '2026-01-05T00:00:00'],
  ['0 0 0 * * Mon-Fri', '2026-01-02T00:00:00', '2026-01-05T00:00:00'],
  ['0 0 0 * * FRI-MON', '2026-01-04T12:00:00', '2026-01-05T00:00:00'],
  ['0 0 0 * * 0', '2026-01-01T00:00:00', '2026-01-04T00:00:00'],
  // Day and day of week both count: Friday the 13th.
  ['0 0 0 13 * FRI', '2026-01-01T00:00:00', '2026-02-13T00:00:00'],
  ['0 0 0 13 * FRI', '2026-03-13T00:00:00', '2026-11-13T00:00:00'],
  // Months without that day are left out.
  ['0 0 0 31 * *', '2026-01-31T00:00:00', '2026-03-31T00:00:00'],
  ['0 0 0 29 2 *', '2026-01-01T00:00:00', '2028-02-29T00:00:00'],
  ['0 0 0 29 FEB MON', '2072-02-29T00:00:00', '2112-02-29T00:00:00'],
  ['  0  0 0 * * * ', '2026-01-01T00:00:00', '2026-01-02T00:00:00'],
])('%s after %s is due at %s', (expression, after, due) => {
  expect(next(expression, after)).toBe(due)
})

test.each([
  ['60 * * * * *', '60 is higher than the maximum allowable value for the [Second] field'],
  ['0 60 * * * *', 'the [Minute] field'],
  ['0 0 24 * * *', 'the [Hour] field'],
  ['0 0 0 0 * *', '0 is lower than the minimum allowable value for the [Day] field'],
  ['0 0 0 32 * *', 'the [Day] field'],
  ['0 0 0 1 13 *', 'the [Month] field'],
  ['0 0 0 * * 7', 'Value must be between 0 and 6 (all inclusive).'],
  ['0 0 0 * * 1-9', '9 is higher'],
  ['0 0 0 * Foo *', "'Foo' is not a known value name. Use one of the following: January,"],
  ['0 MON 0 * * *', "'MON' is not a valid [Minute] crontab field value"],
  ['0 0 0 ? * *', "'?' is not a valid [Day]"],
  ['0 0 0 L * *', "'L' is not a valid [Day]"],
  ['0 1, 0 * * *', "'' is not a valid [Minute]"],
  ['0 */ 0 * * *', "'*/' is not a valid [Minute]"],
  ['0 -5 0 * * *', "'-5' is not a valid [Minute]"],
  ['0 1-2-3 0 * * *', "'1-2-3' is not a valid [Minute]"],
  ['* * * *', 'must contain 6 components'],
  ['0 0 0 1 1 * 2026', 'or 5 without seconds, not 7.'],
  ['@daily', 'not 1.'],
])('refuses %s', (expression, message) => {
  expect(() => parseNcrontab(expression)).toThrow(message)
})

test('says so when a date does not exist', () => {
  expect(() => findNext(parseNcrontab('0 0 0 30 2 *'), 0)).toThrow('It names no date that exists.')
})
