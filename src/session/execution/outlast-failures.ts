import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'

/** Pauses before something is tried again that a store refused; half a minute in all. */
const pausesMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]

/** Failures that were borne with for long enough: whoever gets one passed on does not begin anew. */
const outlasted = new WeakSet<Error>()

/** How long to bear with a store that fails. */
export interface Patience {
  readonly clock: Clock
  /** Nothing is tried again after that; ms since 1970. @default no limit but that of the pauses */
  readonly until?: number | undefined
  /** Told of each failure that is outlasted. */
  readonly onError: (error: unknown) => void
}

/**
 * Does `work`, and does it again after a pause when the run log was out of order meanwhile: a disk that was full for a moment
 * must not cost a run the minute or two until the watchdog looks. The watchdog takes over when it lasts longer. `work` has
 * to go on from what is recorded, as after a crash.
 */
export async function outlastFailures<T>(
  { clock, until = Number.POSITIVE_INFINITY, onError }: Patience,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      const pauseMs = pausesMs[tries]
      if (pauseMs === undefined || clock.now() + pauseMs >= until) {
        outlasted.add(error)
        throw error
      }
      onError(error)
      await clock.sleep(pauseMs)
    }
  }
}

/** Whether the store says of its failure that it may pass, and nobody has borne with it long enough yet. */
export function isPassing(error: unknown): error is AgentError {
  if (!(error instanceof AgentError) || outlasted.has(error)) return false
  return error.code === 'store_unavailable' && error.retryable
}
