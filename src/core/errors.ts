/** Every code an {@link AgentError} can carry; HTTP problem bodies repeat it as `code` (docs/http.md, Errors). */
export type AgentErrorCode =
  | 'invalid_request'
  | 'conflicting_session_id'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'session_busy'
  | 'run_cancelled'
  | 'run_joined'
  | 'approval_already_decided'
  | 'result_already_reported'
  | 'request_closed'
  | 'not_undoable'
  | 'undo_failed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'idempotency_conflict'
  | 'response_schema_unmet'
  | 'budget_exhausted'
  | 'rate_limited'
  | 'internal'
  | 'max_steps_exceeded'
  | 'answer_cut_off'
  | 'model_error'
  | 'model_timeout'
  | 'answer_timeout'
  | 'invalid_configuration'
  | 'unsupported_state'
  | 'store_unavailable'
  | 'tools_unavailable'
  | 'outcome_unknown'
  | 'fenced'

export interface AgentErrorOptions {
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean | undefined
  /** How long to wait before trying again, when the other side said so. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown | undefined
  /** What exactly is wrong with the input, by path. */
  readonly issues?: readonly Issue[] | undefined
}

/** One thing wrong with an input: where, and what. */
export interface Issue {
  /** Path from the root of the input, e.g. `message` or `messages.0.content`. */
  readonly path: string
  readonly message: string
}

/** All that is wrong with an input, in one line; `root` names the input where an issue is with the whole of it. */
export function toIssueText(issues: readonly Issue[], root = ''): string {
  return issues
    .map(({ path, message }) => [path || root, message].filter((part) => part !== '').join(': '))
    .join('; ')
}

/**
 * The base of every error this library throws on purpose.
 * Recognise it by `code`, not by class: errors cross entities and processes as JSON.
 */
export class AgentError extends Error {
  override readonly name: string = 'AgentError'
  /** What went wrong; docs/http.md (Errors) says when each is thrown. */
  readonly code: AgentErrorCode
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** How long to wait before trying again, when the other side said so. */
  readonly retryAfterMs: number | undefined
  /** What exactly is wrong with the input, by path; `undefined` when that is not what is wrong. */
  readonly issues: readonly Issue[] | undefined

  constructor(code: AgentErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
    this.issues = options.issues
  }
}

/** Another executor wrote to the run log first: whoever gets this must stop and write nothing more. */
export class FencedError extends AgentError {
  override readonly name = 'FencedError'
  /** Whether somebody else goes on with it; false when there is nothing left to go on with. @default true */
  readonly isTakenOver: boolean

  constructor(message: string, isTakenOver = true) {
    super('fenced', message)
    this.isTakenOver = isTakenOver
  }
}

/** Whether something thrown, or read back from JSON, carries this code. */
export function hasCode(error: unknown, code: AgentErrorCode): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}

/** The text of anything that was thrown; of an error that has none, as when no address of a host answers, its code or name. */
export function toErrorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error && String(error.code)) || error.name
}
