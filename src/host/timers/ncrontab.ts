import { fieldRanges, parseField } from './ncrontab-field.js'

/** Ascending values per field; a time is an occurrence when all six hold it. */
export type Ncrontab = Readonly<Record<keyof typeof fieldRanges, readonly number[]>>

const secondMs = 1000
const dayMs = 86_400_000

/** The longest wait that an existing date can take is 40 years: a 29 February on one weekday, across the year 2100. */
const searchDays = 50 * 366

/**
 * Parses `{second} {minute} {hour} {day} {month} {day of week}`; with five fields the second is 0 (NCrontab).
 * Where day and day of week are both restricted, both must match: unlike in cron, where one is enough.
 * @throws {Error} saying which part is wrong.
 */
export function parseNcrontab(text: string): Ncrontab {
  const parts = text.split(' ').filter((part) => part !== '')
  if (parts.length !== 5 && parts.length !== 6) {
    throw new Error(
      `It must contain 6 components in the sequence of seconds, minutes, hours, days, months, and days of week, or 5 without seconds, not ${parts.length}.`,
    )
  }
  const [seconds = '', minutes = '', hours = '', days = '', months = '', weekdays = ''] =
    parts.length === 5 ? ['0', ...parts] : parts
  return {
    seconds: parseField(seconds, fieldRanges.seconds),
    minutes: parseField(minutes, fieldRanges.minutes),
    hours: parseField(hours, fieldRanges.hours),
    days: parseField(days, fieldRanges.days),
    months: parseField(months, fieldRanges.months),
    weekdays: parseField(weekdays, fieldRanges.weekdays),
  }
}

/**
 * The first occurrence in a second after that of `wall`, on a clock that is never moved; both in milliseconds as if it showed UTC.
 * @throws {Error} when no such date exists.
 */
export function findNext(cron: Ncrontab, wall: number): number {
  const start = (Math.floor(wall / secondMs) + 1) * secondMs
  const firstDay = Math.floor(start / dayMs)
  for (let day = firstDay; day < firstDay + searchDays; day += 1) {
    if (!isOnDay(cron, new Date(day * dayMs))) continue
    const second = findSecond(cron, day === firstDay ? (start - day * dayMs) / secondMs : 0)
    if (second !== undefined) return day * dayMs + second * secondMs
  }
  throw new Error('It names no date that exists.')
}

function isOnDay({ days, months, weekdays }: Ncrontab, date: Date): boolean {
  return (
    months.includes(date.getUTCMonth() + 1) &&
    days.includes(date.getUTCDate()) &&
    weekdays.includes(date.getUTCDay())
  )
}

/** The first second of a day that is an occurrence, not before second `from`. */
function findSecond({ hours, minutes, seconds }: Ncrontab, from: number): number | undefined {
  for (const hour of hours.filter((each) => (each + 1) * 3600 > from)) {
    for (const minute of minutes.filter((each) => hour * 3600 + (each + 1) * 60 > from)) {
      const start = hour * 3600 + minute * 60
      const second = seconds.find((each) => start + each >= from)
      if (second !== undefined) return start + second
    }
  }
  return undefined
}
