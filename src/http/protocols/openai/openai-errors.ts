import { isRetryable, type Problem, toProblem } from '../../../core/problem.js'
import { type Answer, createJsonAnswer, toRetryHeaders } from '../../answers.js'

/** An error as OpenAI's clients read it. Source: OpenAI API reference, "Error codes"; the `error` member of the body. */
export interface OpenAiError {
  readonly message: string
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error'
  /** The field that is wrong; null when it is none. */
  readonly param: string | null
  /** Our own code, as in problem details. */
  readonly code: string
}

/**
 * The answer to whatever a handler threw: the status of the problem details, in OpenAI's shape. OpenAI's clients try some
 * statuses again by themselves, 409 among them; `x-should-retry` tells them not to where that cannot help.
 */
export function toOpenAiErrorAnswer(error: unknown, headers: Record<string, string> = {}): Answer {
  const problem = toProblem(error)
  return createJsonAnswer({ error: toOpenAiError(problem) }, problem.status, {
    ...headers,
    ...toRetryHeaders(error),
    'x-should-retry': String(isRetryable(problem)),
  })
}

/** A problem's `error` member. */
export function toOpenAiError({ status, detail, code, issues }: Problem): OpenAiError {
  return { message: detail, type: toErrorType(status), param: issues?.[0]?.path || null, code }
}

function toErrorType(status: number): OpenAiError['type'] {
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}
