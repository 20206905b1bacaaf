import { findIdProblem, longestCorrelationId } from '../../../core/find-id-problem.js'

const prefix = 'answer-'

/** The id of the message that a run answers with. */
export function toAnswerId(run: string): string {
  return `${prefix}${run}`
}

/** The run that a message answers with; `undefined` when the message is of no run. */
export function toAnsweringRun(messageId: string): string | undefined {
  const run = messageId.startsWith(prefix) ? messageId.slice(prefix.length) : ''
  return findIdProblem(run, longestCorrelationId) === undefined ? run : undefined
}
