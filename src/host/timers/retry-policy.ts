import { toBackoffMs } from '../../core/backoff.js'
import { AgentError } from '../../core/errors.js'
import { isObject, type UncheckedObject } from '../unchecked-object.js'

/** How often and when a failed run is tried again. */
export interface RetryPolicy {
  /** Retries after the first attempt; undefined for no end. */
  readonly maxRetryCount: number | undefined
  /** Before the first retry. */
  readonly firstDelayMs: number
  /** Where it is longer than the first, delays grow exponentially up to it. */
  readonly longestDelayMs: number
}

/**
 * Reads the `retry` option as the library registers it; durations are `{seconds}`.
 * @throws {AgentError} `invalid_configuration`, naming the member that does not hold.
 */
export function parseRetryPolicy(options: UncheckedObject): RetryPolicy {
  const { strategy, maxRetryCount } = options
  if (typeof maxRetryCount !== 'number' || !Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    throw invalid('maxRetryCount', maxRetryCount, 'must be a whole number from 0, or -1 for no end')
  }
  const count = maxRetryCount === -1 ? undefined : maxRetryCount
  if (strategy === 'fixedDelay') {
    const delayMs = parseDurationMs(options, 'delayInterval')
    return { maxRetryCount: count, firstDelayMs: delayMs, longestDelayMs: delayMs }
  }
  if (strategy !== 'exponentialBackoff') {
    throw invalid('strategy', strategy, "must be 'fixedDelay' or 'exponentialBackoff'")
  }
  const firstDelayMs = parseDurationMs(options, 'minimumInterval')
  const longestDelayMs = parseDurationMs(options, 'maximumInterval')
  if (longestDelayMs < firstDelayMs) {
    throw invalid('maximumInterval', options.maximumInterval, 'must not be shorter than minimumInterval')
  }
  return { maxRetryCount: count, firstDelayMs, longestDelayMs }
}

function parseDurationMs(options: UncheckedObject, member: string): number {
  const duration = options[member]
  const seconds = isObject(duration) ? duration.seconds : undefined
  if (typeof seconds === 'number' && seconds >= 0) return seconds * 1000
  throw invalid(member, duration, 'must be a duration')
}

function invalid(member: string, value: unknown, rule: string): AgentError {
  return new AgentError('invalid_configuration', `retry.${member} ${rule}, not ${JSON.stringify(value)}.`)
}

/** Milliseconds to wait before a retry, the first being number 1; delays grow up to the longest. */
export function toRetryDelayMs(
  { firstDelayMs, longestDelayMs }: RetryPolicy,
  retry: number,
  random?: () => number,
): number {
  return toBackoffMs({ firstMs: firstDelayMs, longestMs: longestDelayMs }, retry, random)
}
