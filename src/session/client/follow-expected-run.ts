import { type Clock, pause } from '../../core/clock.js'
import type { StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import type { SessionClient } from './session-client.js'

export interface ExpectedRunOptions {
  readonly sessions: SessionClient
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Whether the run will not be accepted any more if it has not been yet. */
  readonly isOver: () => boolean
}

/** How often to look for a run that is not there yet; ms. */
const pauseMs = 20

/** The events of a run that may not have been accepted yet, after `after`; ends with the run, or when none is to be expected any more. */
export async function* followExpectedRun(
  key: RunKey,
  after: number,
  { sessions, clock, signal, isOver }: ExpectedRunOptions,
): AsyncGenerator<readonly StoredEvent[]> {
  while (!signal.aborted) {
    const wasOver = isOver()
    const isThere = (await sessions.readRun(key)).length > 0
    if (isThere) return yield* sessions.follow(key, after, signal)
    if (wasOver) return
    await pause(clock, pauseMs, signal)
  }
}
