import type { Clock } from '../../core/clock.js'
import { isTerminal, type StoredEvent } from '../../run/events.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { deletedReason } from '../replies/announce-end.js'

export interface FollowOptions {
  readonly log: RunLog
  readonly clock: Clock
  /** The last event that the reader has; -1 for none. */
  readonly after: number
  readonly signal: AbortSignal
}

/**
 * A run's events as they come; ends with the terminal one, or when the signal aborts. A run that is deleted before it has
 * ended is told as cancelled, although no log says so.
 */
export async function* followRun(
  key: RunKey,
  { log, clock, after, signal }: FollowOptions,
): AsyncGenerator<readonly StoredEvent[]> {
  let last = after
  for await (const events of log.follow(key, after, signal)) {
    yield events
    if (events.some(isTerminal)) return
    last = events.at(-1)?.id ?? last
  }
  // A log that is closed ends what it tells as well.
  if (signal.aborted || (await log.read(key)).length > 0) return
  const data = { reason: deletedReason, text: '' }
  yield [{ type: 'run.cancelled', data, id: last + 1, at: clock.now() }]
}
