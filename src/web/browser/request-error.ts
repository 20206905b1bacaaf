import { isJsonObject, parseJson } from '../../core/json.js'
import { mayPass } from '../../core/may-pass.js'

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

/** What an answer that is none of success says (docs/http.md, Errors). */
export function toRequestError(status: number, body: string): RequestError {
  const problem = parseJson(body)
  const { detail, code } = isJsonObject(problem) ? problem : {}
  return new RequestError({
    message: typeof detail === 'string' ? detail : `The app answered ${status} without saying why.`,
    status,
    code: typeof code === 'string' ? code : undefined,
    retryable: mayPass({ status, body, code }),
  })
}
