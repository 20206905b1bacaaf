import type { Backoff } from '../../core/backoff.js'
import { AgentError } from '../../core/errors.js'
import { isObject, type UncheckedObject } from '../unchecked-object.js'

/** How often and when a failed run is tried again; where the longest wait is the first, all are the same. */
export interface RetryPolicy extends Backoff {
  /** Retries after the first attempt; undefined for no end. */
  readonly maxRetryCount: number | undefined
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
    return { maxRetryCount: count, firstMs: delayMs, longestMs: delayMs }
  }
  if (strategy !== 'exponentialBackoff') {
    throw invalid('strategy', strategy, "must be 'fixedDelay' or 'exponentialBackoff'")
  }
  const firstMs = parseDurationMs(options, 'minimumInterval')
  const longestMs = parseDurationMs(options, 'maximumInterval')
  if (longestMs < firstMs) {
    throw invalid('maximumInterval', options.maximumInterval, 'must not be shorter than minimumInterval')
  }
  return { maxRetryCount: count, firstMs, longestMs }
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
