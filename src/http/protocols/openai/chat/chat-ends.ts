import { toRunPath } from '../../../../core/session-paths.js'
import type { TerminalEvent } from '../../../../run/events.js'
import type { RunKey } from '../../../../run/run-log.js'
import { toEndProblem } from '../../../run-answer.js'
import { type OpenAiError, toOpenAiError } from '../openai-errors.js'

/** Why a run cannot be told as a chat completion, although it has not failed. */
export type Untold = 'approval_required' | 'results_required' | 'run_unfinished' | 'answer_changed'

/** What this dialect has no words for, as an error that says where the caller can go on. */
export function createUntoldError(why: Untold, key: RunKey): OpenAiError {
  const message = `${reasons[why]} ${toWhereabouts(key)}`
  const isCallers = why === 'approval_required' || why === 'results_required'
  const type = isCallers ? 'invalid_request_error' : 'server_error'
  return { message, type, param: null, code: why }
}

const reasons: Readonly<Record<Untold, string>> = {
  approval_required:
    'The run waits for a human to decide about a tool call, which a chat completion cannot tell. Decide, then read the outcome.',
  results_required:
    'The run waits for its caller to carry out tool calls. End the messages with their results, of role tool, or report them to the run.',
  run_unfinished: 'The run goes on, but takes longer than an answer can wait. Read the outcome later.',
  answer_changed:
    'A part of the answer that was sent already has become another one, and a chat completion cannot take it back. Read the outcome.',
}

function toWhereabouts(key: RunKey): string {
  // What comes before its first slash is the app's prefix, which nobody here knows.
  const path = toRunPath(key).slice(1)
  return `It is run "${key.run}" of session "${key.session}": GET ${path}.`
}

/** How a run ended that has no answer, as an error. */
export function toEndError(
  outcome: Exclude<TerminalEvent, { type: 'run.completed' }>,
  key: RunKey,
): OpenAiError {
  return toOpenAiError(toEndProblem(outcome, key))
}
