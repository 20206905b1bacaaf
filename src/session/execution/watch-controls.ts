import type { RunControls } from '../../agent/loop/run-controls.js'
import { type Clock, pause } from '../../core/clock.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { isPassing } from './outlast-failures.js'

/** A run whose wishes are watched. */
export interface WatchedRun {
  readonly log: RunLog
  readonly key: RunKey
  readonly clock: Clock
  /** Told of each failure that is outlasted. */
  readonly onError: (error: unknown) => void
}

/** How soon after a failure of the store wishes are looked for again; ms. */
const rewatchMs = 2_000

/**
 * Takes note of wishes as they are filed, until the signal aborts. A run may outlast a store that fails for a while, and must
 * then still hear that it is to stop. @throws {AgentError} `store_unavailable` when the store says that it will not pass.
 */
export async function watchControls(
  { log, key, clock, onError }: WatchedRun,
  controls: RunControls,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const records of log.watchControls(key, signal)) controls.update(records)
      return
    } catch (error) {
      if (!isPassing(error)) throw error
      onError(error)
      await pause(clock, rewatchMs, signal)
    }
  }
}
