import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseJson } from '../../core/json.js'
import { isObject } from '../unchecked-object.js'
import type { TimerSchedule } from './timer-schedule.js'

/** What is known of a timer across restarts, in epoch milliseconds. */
export interface ScheduleStatus {
  /** Start of the latest run; undefined when there was none under this schedule. */
  readonly last: number | undefined
  readonly next: number
  readonly lastUpdated: number
}

/** Keeps one timer's status. */
export interface StatusStore {
  /** Undefined when there is none that can be read. */
  read(): ScheduleStatus | undefined
  /** @throws the system's error when the file cannot be written. */
  write(status: ScheduleStatus): void
}

/**
 * Keeps the status in a small JSON file with ISO times. It outlives the process; after a power cut an older one may be found, or
 * none. Written in place of the old one as a whole, and synchronously: at most once a minute, and too little to wait for.
 */
export function createStatusStore(file: string): StatusStore {
  return {
    read: () => parseStatus(readText(file)),
    write: ({ last, next, lastUpdated }) => {
      const times = { last: toIso(last), next: toIso(next), lastUpdated: toIso(lastUpdated) }
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(`${file}.tmp`, `${JSON.stringify(times)}\n`)
      renameSync(`${file}.tmp`, file)
    },
  }
}

/**
 * The status to go on with: the stored one while it fits the schedule. When the schedule has changed, the next time follows from
 * the latest run, and from now on when that is over: a new schedule is never late (WebJobs timer extension: ScheduleMonitor).
 */
export function resolveStatus(
  stored: ScheduleStatus | undefined,
  schedule: TimerSchedule,
  now: number,
): ScheduleStatus {
  const fresh = { last: undefined, next: schedule.next(now), lastUpdated: now }
  if (stored === undefined) return fresh
  const lastUpdated = stored.last ?? stored.lastUpdated
  const next = schedule.next(lastUpdated)
  if (stored.next === next) return stored
  return now > next ? fresh : { last: undefined, next, lastUpdated }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function parseStatus(text: string): ScheduleStatus | undefined {
  const parsed: unknown = parseJson(text)
  if (!isObject(parsed)) return undefined
  const next = toTime(parsed.next)
  const lastUpdated = toTime(parsed.lastUpdated)
  if (next === undefined || lastUpdated === undefined) return undefined
  return { last: toTime(parsed.last), next, lastUpdated }
}

function toIso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}

function toTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
