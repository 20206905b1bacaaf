import type { RunState } from '../run/fold.js'
import type { RunKey } from '../run/run-log.js'
import { type Answer, createJsonAnswer, createStandingAnswer, toRunHeaders } from './answers.js'

/** What whoever asks about a run is told: 200 and how it has ended, well or not; 202 and where it stands. */
export function createRunAnswer(url: URL, key: RunKey, state: RunState): Answer {
  const { outcome } = state
  const ids = { sessionId: key.session, correlationId: key.run }
  const headers = toRunHeaders(key.session, key.run)
  switch (outcome?.type) {
    case undefined:
      return createStandingAnswer(url, key, state)
    case 'run.completed':
      return createJsonAnswer(outcome.data, 200, headers)
    case 'run.failed':
      return createJsonAnswer({ status: 'error', ...ids, error: outcome.data }, 200, headers)
    case 'run.cancelled':
      return createJsonAnswer({ status: 'cancelled', ...ids, ...outcome.data }, 200, headers)
  }
}
