import type { ObservedRun } from '../../agent/telemetry/observed-run.js'
import { toAskedAt } from '../../agent/telemetry/run-meter.js'
import { toPlaceHere, toRecordedPlace } from '../../agent/telemetry/run-place.js'
import type { Clock } from '../../core/clock.js'
import type { StoredEvent } from '../../run/events.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'

/** How a run's next execution counts: a run that was parked is gone on with, not begun once more. */
export function toNextExecution({ epoch, attempt, parked }: RunState): {
  readonly epoch: number
  readonly attempt: number
} {
  return { epoch: epoch + 1, attempt: parked === undefined ? attempt + 1 : attempt }
}

/** What is known of a run before it is executed. */
interface KnownRun extends Pick<ObservedRun, 'agent'> {
  readonly key: RunKey
  readonly events: readonly StoredEvent[]
  readonly clock: Clock
  /** Whether it works for another run. */
  readonly isInner: boolean
}

/** The next execution of a run, for those who observe it. */
export function toObservedRun({ agent, key, events, clock, isInner }: KnownRun): ObservedRun {
  const before = fold(events)
  return {
    agent,
    sessionId: key.session,
    correlationId: key.run,
    before,
    execution: toNextExecution(before),
    acceptedAt: events[0]?.at ?? clock.now(),
    askedAt: toAskedAt(events),
    now: () => clock.now(),
    findPlace: () => (isInner ? toPlaceHere() : toRecordedPlace(events)),
  }
}
