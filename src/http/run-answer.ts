import { AgentError } from '../core/errors.js'
import { type Problem, toProblem } from '../core/problem.js'
import type { TerminalEvent } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import type { RunKey } from '../run/run-log.js'
import {
  type Answer,
  createJsonAnswer,
  createPendingAnswer,
  createStandingAnswer,
  toRunHeaders,
  toStanding,
} from './answers.js'

/** What whoever asks about a run is told: 200 and how it has ended, well or not; 202 and where it stands. */
export function createRunAnswer(url: URL, key: RunKey, state: RunState): Answer {
  if (state.outcome === undefined) return createStandingAnswer(url, key, state)
  return createJsonAnswer(toRunBody(key, state), 200, toRunHeaders(key))
}

/** What whoever asks about a message is told that is to be sent later: 202 and when, or what else became of it. */
export function createScheduledAnswer(url: URL, key: RunKey, state: RunState): Answer {
  const sendAt = state.request?.options.sendAt
  if (state.outcome !== undefined || sendAt === undefined) return createRunAnswer(url, key, state)
  const secondsLeft = Math.ceil((Date.parse(sendAt) - Date.now()) / 1000)
  return createPendingAnswer(url, key, 'scheduled', { sendAt }, Math.max(1, secondsLeft))
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

/** Why a run that has ended has no answer. */
export function toEndProblem(
  outcome: Exclude<TerminalEvent, { type: 'run.completed' }>,
  { session, run }: RunKey,
): Problem {
  if (outcome.type === 'run.failed') return outcome.data
  const error = new AgentError('run_cancelled', `The run was cancelled: ${outcome.data.reason}`)
  return toProblem(error, { sessionId: session, correlationId: run })
}
