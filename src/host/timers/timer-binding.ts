import { AgentError } from '../../core/errors.js'
import type { FunctionDefinition, TypedData } from '../functions.js'
import { parseRetryPolicy, type RetryPolicy } from './retry-policy.js'
import type { ScheduleStatus } from './schedule-status.js'
import { formatInstant, type TimeZone } from './time-zone.js'
import { parseTimerSchedule, type TimerSchedule } from './timer-schedule.js'

/** A timer function's trigger and retry options, checked. */
export interface TimerBinding {
  readonly schedule: TimerSchedule
  /** As the app wrote it, settings resolved. */
  readonly scheduleText: string
  readonly runOnStartup: boolean
  /** Whether what is due while no host runs is made up for. Never for schedules that are due more than once a minute. */
  readonly useMonitor: boolean
  /** Undefined when failed runs are not tried again. */
  readonly retry: RetryPolicy | undefined
}

/** Reads a timer function's options. @throws {AgentError} `invalid_configuration`, saying what is wrong with them. */
export function parseTimerBinding(definition: FunctionDefinition, zone: TimeZone): TimerBinding {
  const { schedule: scheduleText, runOnStartup, useMonitor } = definition.trigger
  if (typeof scheduleText !== 'string' || scheduleText === '') {
    throw new AgentError(
      'invalid_configuration',
      'A timer trigger needs a schedule, such as "0 */5 * * * *".',
    )
  }
  const schedule = parseTimerSchedule(scheduleText, zone)
  const { retryOptions } = definition
  return {
    schedule,
    scheduleText,
    runOnStartup: isYes(runOnStartup, false),
    useMonitor: isYes(useMonitor, true) && !schedule.isFrequent,
    retry: retryOptions === undefined ? undefined : parseRetryPolicy(retryOptions),
  }
}

/** Settings that stand in for a boolean arrive as text. */
function isYes(value: unknown, preset: boolean): boolean {
  return value === undefined || value === null ? preset : String(value).toLowerCase() === 'true'
}

/** What .NET prints for a time that was never set. */
const neverText = '0001-01-01T00:00:00+00:00'

/** The trigger value of one run (WebJobs timer extension: TimerInfo); the library makes its keys start in lower case. */
export function toTimerInput(
  run: { readonly status: ScheduleStatus | undefined; readonly isPastDue: boolean },
  zone: TimeZone,
): TypedData {
  const { status, isPastDue } = run
  const toText = (time: number | undefined): string =>
    time === undefined ? neverText : formatInstant(time, zone)
  const scheduleStatus =
    status === undefined
      ? null
      : { Last: toText(status.last), Next: toText(status.next), LastUpdated: toText(status.lastUpdated) }
  return {
    json: JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: scheduleStatus,
      IsPastDue: isPastDue,
    }),
  }
}
