import { describeGiven } from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import { findIdProblem } from '../core/find-id-problem.js'

/** Refuses what is no id: in an address it could name something else. @throws {AgentError} `invalid_request` naming it. */
export function checkId(what: string, id: unknown, maxLength: number): void {
  const problem =
    typeof id === 'string' ? findIdProblem(id, maxLength) : `must be text, not ${describeGiven(id)}`
  if (problem !== undefined) throw new AgentError('invalid_request', `${what} ${problem}.`)
}
