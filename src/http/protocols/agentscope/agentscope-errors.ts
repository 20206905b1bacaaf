import { type Problem, toProblem } from '../../../core/problem.js'
import { type Answer, createJsonAnswer, toRetryHeaders } from '../../answers.js'

/**
 * The answer to whatever a handler threw: the status of the problem details, and a failed response that says why, as
 * AgentScope's clients read it. They are told within a stream what we say before it, with a true status.
 */
export function toAgentScopeErrorAnswer(error: unknown, headers: Record<string, string> = {}): Answer {
  const problem = toProblem(error)
  return createJsonAnswer(toFailedResponse(problem), problem.status, { ...headers, ...toRetryHeaders(error) })
}

function toFailedResponse({ code, detail, issues }: Problem) {
  return { object: 'response', status: 'failed', error: { code, message: detail, issues } }
}
