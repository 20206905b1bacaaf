import { AgentError, hasCode } from '../core/errors.js'
import type { Operation } from './operation.js'

/** Pauses before an operation tries again what its store refused; half a minute in all. */
const pausesMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]

/**
 * Does `work`, and does it again after a pause when the run log was out of order meanwhile: a disk that was full for a moment
 * must not cost a run the minute or two until the watchdog looks. The watchdog takes over when it lasts longer, or when the
 * operation has no time left. `work` has to go on from what is recorded, as after a crash.
 */
export async function outlastFailures<T>(
  { clock, startedAt, limits, onError }: Pick<Operation, 'clock' | 'startedAt' | 'limits' | 'onError'>,
  work: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      const pauseMs = pausesMs[tries]
      const isPassing = hasCode(error, 'store_unavailable') && error instanceof AgentError && error.retryable
      const isInTime = clock.now() + (pauseMs ?? 0) < startedAt + limits.parkAfterMs
      if (pauseMs === undefined || !isPassing || !isInTime) throw error
      onError(error)
      await clock.sleep(pauseMs)
    }
  }
}
