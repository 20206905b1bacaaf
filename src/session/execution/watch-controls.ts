import type { RunControls } from '../../agent/loop/run-controls.js'
import { pause } from '../../core/clock.js'
import { isPassing } from './outlast-failures.js'
import type { RunDrive } from './run-drive.js'

/** How soon after a failure of the store wishes are looked for again; ms. */
const rewatchMs = 2_000

/**
 * Takes note of wishes as they are filed, until the signal aborts. A run may outlast a store that fails for a while, and must
 * then still hear that it is to stop. @throws {AgentError} `store_unavailable` when the store says that it will not pass.
 */
export async function watchControls(
  { log, key, clock, onError }: Pick<RunDrive, 'log' | 'key' | 'clock' | 'onError'>,
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
