import { AgentError, toErrorMessage } from '../core/errors.js'
import { isAgentErrorCode, isRetryable, isRetryableCode } from '../core/problem.js'
import type { RunReplyError } from '../session/replies/run-reply.js'

/** What a failed run throws in its orchestration: durable-functions keeps nothing of an error but its text. */
export function createFailure({
  code,
  message,
  retryable,
}: Pick<RunReplyError, 'code' | 'message'> & Partial<RunReplyError>): Error {
  const isByCode = retryable === undefined || retryable === isRetryableCode(code)
  return new Error(`${message} [agent error: ${code}]${isByCode ? '' : ` [retryable: ${retryable}]`}`)
}

/** Why a sub-orchestration failed, without what the Durable extension puts around it. */
export function toFailureText(error: unknown): string {
  const [reason = ''] = toErrorMessage(error).split(' \n ')
  return reason.replace(/^(Orchestrator function '[^']*' failed:\s*)+/, '')
}

/**
 * The failure of an agent's run as what it is, from what an orchestrator caught; anything else becomes `internal`, with
 * what was caught as its cause. `yield* agent.run(…)` throws it like this already; `yield` and `Task.all` do not.
 *
 * @example
 * try {
 *   yield context.df.Task.all([writer.run('A'), writer.run('B')])
 * } catch (error) {
 *   if (toAgentError(error).code !== 'budget_exhausted') throw error
 * }
 */
export function toAgentError(error: unknown): AgentError {
  if (error instanceof AgentError) return error
  const text = toFailureText(error)
  const [, message = '', code, told] =
    /^(.*?) \[agent error: ([a-z_]+)\](?: \[retryable: (true|false)\])?/s.exec(text) ?? []
  if (!isAgentErrorCode(code)) return new AgentError('internal', text, { cause: error })
  const retryable = told === undefined ? undefined : told === 'true'
  return new AgentError(code, message, { cause: error, retryable: isRetryable({ code, retryable }) })
}
