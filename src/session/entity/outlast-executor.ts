import type { Clock } from '../../core/clock.js'
import { emptyRun, fold, type RunState } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'

export interface ExecutorWatch {
  readonly log: RunLog
  readonly key: RunKey
  /** Whoever carries a run out and has been silent for so long is dead; ms. */
  readonly silenceMs: number
  /** Until when to wait; ms since 1970. */
  readonly until: number
  readonly clock: Clock
}

/**
 * Waits until nobody carries a run out any more: it has ended, is gone or waits itself, or its executor is dead. False when the time
 * was up before that.
 */
export async function outlastExecutor(watch: ExecutorWatch): Promise<boolean> {
  const { log, key, silenceMs, until, clock } = watch
  const over = new AbortController()
  let callOff = () => {}
  const waitFrom = (time: number) => {
    callOff()
    callOff = clock.after(Math.max(0, Math.min(time + silenceMs, until) - clock.now()), () =>
      over.abort(null),
    )
  }
  let state = emptyRun
  try {
    waitFrom(clock.now())
    for await (const events of log.follow(key, -1, over.signal)) {
      state = fold(events, state)
      if (!isCarriedOut(state)) return true
      waitFrom(events.at(-1)?.at ?? clock.now())
    }
    return !over.signal.aborted || clock.now() < until
  } finally {
    callOff()
    over.abort(null)
  }
}

function isCarriedOut({ epoch, parked, joined, outcome }: RunState): boolean {
  return epoch > 0 && parked === undefined && joined === undefined && outcome === undefined
}
