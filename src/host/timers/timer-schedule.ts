import { AgentError, toErrorMessage } from '../../core/errors.js'
import { parseTimeSpanMs } from '../../core/time-span.js'
import { findNext, type Ncrontab, parseNcrontab } from './ncrontab.js'
import { fieldRanges } from './ncrontab-field.js'
import type { TimeZone } from './time-zone.js'

/** When a timer is due; times are epoch milliseconds. */
export interface TimerSchedule {
  /** The first time after `instant`. */
  next(instant: number): number
  /** Due more than once a minute, all the time: too often to be remembered across restarts. */
  readonly isFrequent: boolean
}

/**
 * Parses a timer's `schedule`: an NCRONTAB expression in the time zone, or an interval such as `00:05:00`.
 * @throws {AgentError} `invalid_configuration`, saying what is wrong with it.
 */
export function parseTimerSchedule(text: string, zone: TimeZone): TimerSchedule {
  const intervalMs = parseTimeSpanMs(text)
  try {
    if (intervalMs === undefined) return createCronSchedule(parseNcrontab(text), zone)
  } catch (cause) {
    throw invalid(text, toErrorMessage(cause), cause)
  }
  if (intervalMs === 0) throw invalid(text, 'An interval must be longer than 0.')
  return { next: (instant) => instant + intervalMs, isFrequent: intervalMs < 60_000 }
}

function invalid(text: string, why: string, cause?: unknown): AgentError {
  const message = `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string. ${why}`
  return new AgentError('invalid_configuration', message, { cause })
}

/**
 * Clocks that are put forward delay what falls into the hour that is skipped. Where they are put back, what recurs within a day
 * goes on through the repeated hour, and a time of day counts once, at its first time (WebJobs timer extension: CronSchedule).
 */
function createCronSchedule(cron: Ncrontab, zone: TimeZone): TimerSchedule {
  const { seconds, ...others } = cron
  // Throws for dates that do not exist.
  findNext(cron, 0)
  const isRecurring = [seconds, cron.minutes, cron.hours].some(hasNeighbours)
  return {
    next: (instant) => (isRecurring ? findRecurring(cron, zone, instant) : findOnce(cron, zone, instant)),
    isFrequent: seconds.length > 1 && isUnrestricted(others),
  }
}

/** How the platform tells "every …" from a time of day. */
function hasNeighbours(values: readonly number[]): boolean {
  return values.some((value, index) => values[index + 1] === value + 1)
}

function isUnrestricted(fields: Omit<Ncrontab, 'seconds'>): boolean {
  return Object.entries(fields).every(([name, values]) => {
    const { least, most } = fieldRanges[name as keyof typeof fields]
    return values.length === most - least + 1
  })
}

function findOnce(cron: Ncrontab, zone: TimeZone, instant: number): number {
  let wall = findNext(cron, zone.toWall(instant))
  for (;;) {
    const [first] = zone.toInstants(wall)
    if (first > instant) return first
    wall = findNext(cron, wall)
  }
}

function findRecurring(cron: Ncrontab, zone: TimeZone, instant: number): number {
  const wallNow = zone.toWall(instant)
  const offset = wallNow - instant
  const due = findAfter(cron, zone, findNext(cron, wallNow), instant)
  const putBackMs = offset - (zone.toWall(due) - due)
  return putBackMs > 0 ? findAfter(cron, zone, findNext(cron, wallNow - putBackMs), instant) : due
}

/** The first time after `instant` at which clocks show `wall` or a later occurrence. */
function findAfter(cron: Ncrontab, zone: TimeZone, wall: number, instant: number): number {
  for (let shown = wall; ; shown = findNext(cron, shown)) {
    const due = zone.toInstants(shown).find((each) => each > instant)
    if (due !== undefined) return due
  }
}
