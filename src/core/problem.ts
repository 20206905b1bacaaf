import { AgentError, type AgentErrorCode, type Issue } from './errors.js'

/** A failure as callers see it: `application/problem+json` (RFC 9457) with our `code`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: AgentErrorCode
  readonly sessionId?: string | undefined
  readonly correlationId?: string | undefined
  readonly issues?: readonly Issue[] | undefined
  /** Whether the same may succeed later, where that could be: read it with {@link isRetryable}, as older releases never say. */
  readonly retryable?: boolean | undefined
  /** How long to wait before trying again, when the other side said so. */
  readonly retryAfterMs?: number | undefined
}

const statuses: Readonly<Record<AgentErrorCode, readonly [status: number, title: string]>> = {
  invalid_request: [400, 'The request is not valid'],
  conflicting_session_id: [400, 'The request names two sessions'],
  unauthorized: [401, 'The caller is not known'],
  forbidden: [403, 'The caller may not do this'],
  not_found: [404, 'Not found'],
  session_busy: [409, 'The session is busy'],
  run_cancelled: [409, 'The run was cancelled'],
  run_joined: [409, 'The message has become part of another run'],
  approval_already_decided: [409, 'The approval has been decided'],
  result_already_reported: [409, 'The tool call has its result'],
  request_closed: [409, 'The request takes no more answers'],
  not_undoable: [409, 'What was done cannot be undone'],
  payload_too_large: [413, 'The request is too large'],
  unsupported_media_type: [415, 'The media type is not supported'],
  idempotency_conflict: [422, 'The correlation id belongs to another request'],
  response_schema_unmet: [422, "The answer does not fit the request's schema"],
  budget_exhausted: [429, 'The budget is used up'],
  rate_limited: [429, 'The model is rate limited'],
  internal: [500, 'Something went wrong'],
  max_steps_exceeded: [500, 'The run took too many steps'],
  answer_cut_off: [500, 'The answer was cut off'],
  invalid_configuration: [500, 'The app is not configured correctly'],
  unsupported_state: [500, 'The stored state cannot be read'],
  undo_failed: [500, 'Not all of it was undone'],
  outcome_unknown: [500, 'Whether it took effect is unknown'],
  fenced: [500, 'The run moved to another host'],
  model_error: [502, 'The model failed'],
  store_unavailable: [503, 'The store is not available'],
  tools_unavailable: [503, 'A server of tools is not available'],
  model_timeout: [504, 'The model took too long'],
  answer_timeout: [504, 'Nobody answered in time'],
}

/** True for the codes of {@link AgentError}. */
export function isAgentErrorCode(text: unknown): text is AgentErrorCode {
  return typeof text === 'string' && Object.hasOwn(statuses, text)
}

/** Failures of a run that another run of the same message may not meet. */
const retryableCodes: ReadonlySet<AgentErrorCode> = new Set<AgentErrorCode>([
  'internal',
  'model_error',
  'model_timeout',
  'rate_limited',
  'session_busy',
  'store_unavailable',
])

/** Whether it is worth trying again what failed with this code, as far as a code can say that. */
export function isRetryableCode(code: AgentErrorCode): boolean {
  return retryableCodes.has(code)
}

/** Whether it is worth trying again what ended in this problem. */
export function isRetryable({ code, retryable }: Pick<Problem, 'code' | 'retryable'>): boolean {
  return retryable ?? isRetryableCode(code)
}

/** Where a problem happened. */
export interface ProblemContext {
  readonly sessionId?: string | undefined
  readonly correlationId?: string | undefined
}

/**
 * Turns anything thrown into a problem.
 * Security: only an {@link AgentError}'s own message reaches the caller; of any other error nothing but that it happened.
 */
export function toProblem(error: unknown, context: ProblemContext = {}): Problem {
  const known = error instanceof AgentError ? error : undefined
  const code = known?.code ?? 'internal'
  const [status, title] = statuses[code]
  return {
    type: 'about:blank',
    title,
    status,
    detail: known?.message ?? 'An unexpected error occurred; the log has the details.',
    code,
    sessionId: context.sessionId,
    correlationId: context.correlationId,
    issues: known?.issues,
    retryable: toRetryable(known, code),
    retryAfterMs: known?.retryAfterMs,
  }
}

/** `undefined` where neither the error nor its code says that it may. */
function toRetryable(error: AgentError | undefined, code: AgentErrorCode): boolean | undefined {
  const retryable = error?.retryable ?? isRetryableCode(code)
  return retryable || isRetryableCode(code) ? retryable : undefined
}
