import type { RunState } from '../run/fold.js'
import type { RunKey } from '../run/run-log.js'
import { type Answer, createJsonAnswer, createStandingAnswer, toRunHeaders, toStanding } from './answers.js'

/** What whoever asks about a run is told: 200 and how it has ended, well or not; 202 and where it stands. */
export function createRunAnswer(url: URL, key: RunKey, state: RunState): Answer {
  if (state.outcome === undefined) return createStandingAnswer(url, key, state)
  return createJsonAnswer(toRunBody(key, state), 200, toRunHeaders(key.session, key.run))
}

/** How a run has ended, or where it stands, as callers get it. */
export function toRunBody({ session, run }: RunKey, state: RunState): object {
  const { outcome } = state
  const ids = { sessionId: session, correlationId: run }
  switch (outcome?.type) {
    case undefined: {
      const { status, questions } = toStanding(state)
      return { status, ...ids, ...questions }
    }
    case 'run.completed':
      return outcome.data
    case 'run.failed':
      return { status: 'error', ...ids, error: outcome.data }
    case 'run.cancelled':
      return { status: 'cancelled', ...ids, ...outcome.data }
  }
}
