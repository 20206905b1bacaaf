import { expect, test } from 'vitest'
import { createTimeZone, formatInstant } from '../../../src/host/timers/time-zone.js'
import { parseTimerSchedule } from '../../../src/host/timers/timer-schedule.js'

const utc = createTimeZone('UTC')

/** The next `count` times, as clocks of the zone show them. */
function listNext(expression: string, zoneName: string, after: string, count: number): string[] {
  const zone = createTimeZone(zoneName)
  const schedule = parseTimerSchedule(expression, zone)
  const times: string[] = []
  for (let at = schedule.next(Date.parse(after)); times.length < count; at = schedule.next(at)) {
    times.push(formatInstant(at, zone))
  }
  return times
}

const pacific = 'America/Los_Angeles'

test('a schedule means the clocks of its time zone', () => {
  const after = '2026-01-01T00:00:00Z'
  expect(listNext('0 0 9 * * *', 'Asia/Kolkata', after, 1)).toEqual(['2026-01-01T09:00:00+05:30'])
  expect(listNext('0 0 9 * * *', pacific, after, 1)).toEqual(['2026-01-01T09:00:00-08:00'])
  expect(listNext('0 0 0 1 1 *', 'Pacific/Kiritimati', after, 1)).toEqual(['2027-01-01T00:00:00+14:00'])
})

test.each([
  ['0 30 2 * * *', '2018-03-10T12:00:00-08:00', ['11T03:30:00-07:00', '12T02:30:00-07:00']],
  ['0 30 2 * * *', '2018-03-11T03:30:00-07:00', ['12T02:30:00-07:00']],
  [
    '0 30 * * * *',
    '2018-03-11T00:30:00-08:00',
    ['11T01:30:00-08:00', '11T03:30:00-07:00', '11T04:30:00-07:00'],
  ],
  ['*/30 * * * * *', '2018-03-11T01:59:30-08:00', ['11T03:00:00-07:00', '11T03:00:30-07:00']],
  ['0 0 12 * * *', '2018-03-10T13:00:00-08:00', ['11T12:00:00-07:00']],
])('clocks put forward in March: %s after %s', (expression, after, days) => {
  const expected = days.map((day) => `2018-03-${day}`)
  expect(listNext(expression, pacific, after, days.length)).toEqual(expected)
})

test.each([
  // A time of day counts once, at its first time, whenever the host starts.
  ['0 30 1 * * *', '2018-11-03T12:00:00-07:00', ['04T01:30:00-07:00', '05T01:30:00-08:00']],
  ['0 30 1 * * *', '2018-11-04T00:59:00-07:00', ['04T01:30:00-07:00', '05T01:30:00-08:00']],
  ['0 30 1 * * *', '2018-11-04T01:10:00-08:00', ['05T01:30:00-08:00']],
  ['0 30 1 * * *', '2018-11-04T01:40:00-07:00', ['05T01:30:00-08:00']],
  ['0 15,45 1 * * *', '2018-11-04T01:20:00-07:00', ['04T01:45:00-07:00', '05T01:15:00-08:00']],
  ['0 30 2 * * *', '2018-11-04T01:40:00-07:00', ['04T02:30:00-08:00']],
  // What recurs goes on through the repeated hour.
  [
    '0 */30 * * * *',
    '2018-11-04T00:30:00-07:00',
    ['04T01:00:00-07:00', '04T01:30:00-07:00', '04T01:00:00-08:00', '04T01:30:00-08:00', '04T02:00:00-08:00'],
  ],
  ['0 15 * * * *', '2018-11-04T01:15:00-07:00', ['04T01:15:00-08:00', '04T02:15:00-08:00']],
  [
    '* * * * * *',
    '2018-11-04T01:59:58-07:00',
    ['04T01:59:59-07:00', '04T01:00:00-08:00', '04T01:00:01-08:00'],
  ],
  [
    '0 0 1-2 * * *',
    '2018-11-04T00:10:00-07:00',
    ['04T01:00:00-07:00', '04T01:00:00-08:00', '04T02:00:00-08:00'],
  ],
  ['0 0-10 0,2 * * *', '2018-11-04T00:10:00-07:00', ['04T02:00:00-08:00', '04T02:01:00-08:00']],
])('clocks put back in November: %s after %s', (expression, after, days) => {
  const expected = days.map((day) => `2018-11-${day}`)
  expect(listNext(expression, pacific, after, days.length)).toEqual(expected)
})

test('half an hour of daylight saving time is repeated too', () => {
  expect(listNext('0 */15 * * * *', 'Australia/Lord_Howe', '2026-04-05T01:30:00+11:00', 4)).toEqual([
    '2026-04-05T01:45:00+11:00',
    '2026-04-05T01:30:00+10:30',
    '2026-04-05T01:45:00+10:30',
    '2026-04-05T02:00:00+10:30',
  ])
})

test.each([
  ['00:00:01', 1000],
  ['00:05:00', 300_000],
  ['23:59:59', 86_399_000],
  ['01:30', 5_400_000],
  ['1.00:00:00', 86_400_000],
  ['1:02:03:04.5', 93_784_500],
  ['25:00:00', 25 * 86_400_000],
  ['2', 2 * 86_400_000],
])('the interval %s is due every %d ms', (text, ms) => {
  expect(parseTimerSchedule(text, utc).next(1234)).toBe(1234 + ms)
})

test.each([
  '',
  '00:00:00',
  '00:60:00',
  '00:00:60',
  '1.24:00:00',
  '-00:01:00',
  'soon',
  '1:2:3:4:5',
  '00:00:01 *',
])('refuses the schedule %j', (text) => {
  expect(() => parseTimerSchedule(text, utc)).toThrow(
    `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string. `,
  )
})

test('refuses dates that do not exist, which would never be due', () => {
  expect(() => parseTimerSchedule('0 0 0 31 2,4,6 *', utc)).toThrow('It names no date that exists.')
})

test.each([
  ['* * * * * *', true],
  ['0,30 * * * * *', true],
  ['00:00:59', true],
  ['0 * * * * *', false],
  ['*/30 * * 1 * *', false],
  ['* * * * *', false],
  ['00:01:00', false],
])('%s is due more than once in every minute: %s', (text, isFrequent) => {
  expect(parseTimerSchedule(text, utc).isFrequent).toBe(isFrequent)
})

test('times are written with the distance from UTC', () => {
  const at = Date.parse('2026-07-01T12:00:00.250Z')
  expect(formatInstant(at, utc)).toBe('2026-07-01T12:00:00.250+00:00')
  expect(formatInstant(at - 250, createTimeZone('America/St_Johns'))).toBe('2026-07-01T09:30:00-02:30')
})
