import { isJsonObject, parseJson } from '../../core/json.js'
import { mayPass } from '../../core/may-pass.js'
import { toLocalTime } from './to-local-time.js'

/** What is known of a request that failed. */
export interface RequestFailure {
  readonly message: string
  /** 0 when no answer came. */
  readonly status: number
  /** The problem's code; `undefined` when what answered was not the app. */
  readonly code?: string | undefined
  /** Whether it may pass by itself. */
  readonly retryable: boolean
}

/** A request that failed; its message is for whoever uses the page. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly code: string | undefined
  readonly retryable: boolean

  constructor({ message, status, code, retryable }: RequestFailure) {
    super(message)
    this.status = status
    this.code = code
    this.retryable = retryable
  }
}

/** Whether it passes when somebody does something about it, such as to sign in again, or later: what was refused so is worth keeping. */
export function isPutOff(error: unknown): boolean {
  if (isLockedOut(error)) return true
  return error instanceof RequestError && (error.code === 'unauthorized' || error.code === 'budget_exhausted')
}

/** What the app says of what was to be decided, or answered, and is over; those whose run it is not are told that there is none. */
const closedCodes: ReadonlySet<unknown> = new Set(['approval_already_decided', 'request_closed', 'not_found'])

/** Whether what was to be decided or answered is over, whatever one says to it. */
export function isClosed(error: unknown): boolean {
  return error instanceof RequestError && closedCodes.has(error.code)
}

/** Whether a host, or who guards it, lets nobody in without a key or a sign-in. What the app itself refuses says why; these do not. */
export function isLockedOut(error: unknown): boolean {
  return (
    error instanceof RequestError &&
    (error.status === 401 || error.status === 403) &&
    error.code === undefined
  )
}

/** What to tell whoever uses the page of anything that was thrown. */
export function toErrorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A request that got no answer, or whose answer broke off. */
export function createBrokenError(): RequestError {
  return new RequestError({ message: 'The app does not answer.', status: 0, retryable: true })
}

/**
 * What an answer that is none of success says (docs/http.md, Errors).
 * @param waitSeconds what its `Retry-After` says
 */
export function toRequestError(status: number, body: string, waitSeconds?: number): RequestError {
  const problem = parseJson(body)
  const { detail, code } = isJsonObject(problem) ? problem : {}
  const reason = typeof detail === 'string' ? detail : `The app answered ${status} without saying why.`
  return new RequestError({
    message: code === 'budget_exhausted' ? toSpentText(reason, waitSeconds) : reason,
    status,
    code: typeof code === 'string' ? code : undefined,
    retryable: mayPass({ status, body, code }),
  })
}

/** Whoever has spent what they may is told from when on there is more, in their own time. */
function toSpentText(reason: string, waitSeconds: number | undefined): string {
  if (waitSeconds === undefined || !(waitSeconds >= 0)) return reason
  const until = toLocalTime(new Date(Date.now() + waitSeconds * 1000).toISOString())
  return `You have spent your tokens for now. There are more from ${until} on: "Ask again" sends the message then. This tab keeps it.`
}
