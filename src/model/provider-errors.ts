import { AgentError } from '../core/errors.js'
import { isJsonObject } from '../core/json.js'

/**
 * What went wrong in a model call, as an {@link AgentError} whose `retryable` says whether it is worth asking again.
 * Security: neither its message nor its cause carries anything of the request or of the provider's text, which may
 * repeat keys and prompts; only the status, the request id and the provider's error code are kept.
 * Wire: OpenAI API reference, "Error codes"; RFC 9110, section 10.2.3 (Retry-After).
 */
export function toModelError(error: unknown): AgentError {
  const known = findAgentError(error)
  if (known !== undefined) return known
  if (isTimeout(error)) {
    return new AgentError('model_timeout', 'The model server did not answer in time.', { retryable: true })
  }
  const failure = readFailure(error)
  if (failure !== undefined) return toFailureError(failure)
  if (error instanceof SyntaxError) {
    return new AgentError('model_error', 'The model server sent an answer that is no JSON.', {
      retryable: true,
    })
  }
  const code = readSystemCode(error)
  const why = code === undefined ? '' : ` (${code})`
  const advice = unreachable.includes(code) ? ' Check the base URL, and that the server runs.' : ''
  const message = `The connection to the model server failed${why}.${advice}`
  return new AgentError('model_error', message, { retryable: true })
}

/** Codes of connections that never came about. */
const unreachable: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOTFOUND']

/** How long a server asks us to wait, by its `retry-after-ms` or `retry-after` header (seconds or an HTTP date). Never negative; `undefined` when it does not say. */
export function readRetryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = toCount(headers.get('retry-after-ms'))
  if (exact !== undefined) return exact
  const value = headers.get('retry-after')
  const seconds = toCount(value)
  if (seconds !== undefined) return seconds * 1000
  // Date.parse takes a year out of nearly anything, "-3" included.
  const at = Date.parse(value?.endsWith(' GMT') ? value : '')
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}

/** The HTTP status that a call failed with; `undefined` when it failed otherwise. */
export function readStatus(error: unknown): number | undefined {
  return readFailure(error)?.status
}

/** What a provider said when it refused. */
export interface Failure {
  readonly status: number | undefined
  readonly code: string | undefined
  /** Which part of the request it refused, e.g. `tools[0].function.parameters`. */
  readonly param?: string | undefined
  readonly requestId: string | undefined
  readonly headers: Headers | undefined
}

// Read by shape, not by class: the client may come from another copy of the package.
function readFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('headers' in error) || !('code' in error)) return undefined
  const headers = error.headers instanceof Headers ? error.headers : undefined
  const code = toCode(error.code, 'type' in error ? error.type : undefined)
  const status = 'status' in error ? toNumber(error.status) : undefined
  if (headers === undefined && status === undefined && code === undefined) return undefined
  const param = toPath('param' in error ? error.param : undefined)
  const requestId = toWord('requestID' in error ? error.requestID : undefined)
  return { status: status ?? toStatus(error.code, code), code, param, requestId, headers }
}

/** What an error in the middle of a stream says, as {@link toModelError} does; `headers` are the response's. */
export function toStreamError(error: unknown, headers: Headers): AgentError {
  const { code, type, param } = isJsonObject(error) ? error : {}
  const word = toCode(code, type)
  const requestId = toWord(headers.get('x-request-id'))
  return toFailureError({
    status: toStatus(code, word),
    code: word,
    param: toPath(param),
    requestId,
    headers,
  })
}

// An error in the middle of a stream has no status of its own; some servers put it into the code.
function toStatus(code: unknown, word: string | undefined): number | undefined {
  const number = Number(code)
  if (Number.isInteger(number) && number >= 400 && number < 600) return number
  if (word?.startsWith('rate_limit') || word === outOfMoney) return 429
  return word !== undefined && refusals.includes(word) ? 400 : undefined
}

/** What stays wrong with a request however often it is sent. */
const refusals: readonly string[] = ['invalid_request_error', 'context_length_exceeded', 'content_filter']

/** A refusal as an {@link AgentError}. */
export function toFailureError(failure: Failure): AgentError {
  const { status, code, headers } = failure
  // An account out of money answers 429 as well, and waiting does not fill it.
  const retryable = code !== outOfMoney && isWorthRetrying(status)
  const retryAfterMs = headers && readRetryAfterMs(headers, Date.now())
  return new AgentError(status === 429 ? 'rate_limited' : 'model_error', toFailureMessage(failure), {
    retryable,
    ...(retryable && { retryAfterMs }),
  })
}

const outOfMoney = 'insufficient_quota'

/** Statuses below 500 that say of the moment, not of the request, that it is wrong. */
const passing: readonly (number | undefined)[] = [undefined, 408, 409, 425, 429]

function isWorthRetrying(status: number | undefined): boolean {
  return passing.includes(status) || (status !== undefined && status >= 500)
}

function toFailureMessage({ status, code, param, requestId }: Failure): string {
  const what =
    status === undefined ? 'The model server broke off its answer' : `The model server answered ${status}`
  const details = [code, param, requestId && `request ${requestId}`].filter((detail) => detail !== undefined)
  const hint = hints.get(code) ?? hints.get(status) ?? ''
  return `${what}${details.length === 0 ? '' : ` (${details.join(', ')})`}.${hint}`
}

/** By the provider's code, or by the status. */
const hints = new Map<string | number | undefined, string>([
  [401, ' Check the API key.'],
  [403, ' Check that the key or identity may use this model.'],
  [404, ' Check the name of the model or deployment and the base URL.'],
  ['context_length_exceeded', ' The model takes no conversation as long as this: use compaction.'],
  ['content_filter', " The content filter of the model's provider has refused what was said."],
  [outOfMoney, ' The account has no credit left.'],
])

function findAgentError(error: unknown): AgentError | undefined {
  if (error instanceof AgentError) return error
  return error instanceof Error && error.cause instanceof AgentError ? error.cause : undefined
}

// By what it says: its class may be of another copy of the package, and a bundler that minifies gives it another name.
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Request timed out.')
}

/** The system error code (`ECONNREFUSED`, `UND_ERR_SOCKET`) at the root of a failed connection. */
function readSystemCode(error: unknown): string | undefined {
  let code: string | undefined
  let depth = 0
  for (let at = error; at instanceof Error && depth < 5; at = at.cause, depth++) {
    code = ('code' in at ? toWord(at.code) : undefined) ?? code
  }
  return code
}

/** What a provider calls the failure: its code, unless that is but a status, else its type. */
function toCode(code: unknown, type: unknown): string | undefined {
  const word = toWord(code)
  return word === undefined || /^[45]\d\d$/.test(word) ? toWord(type) : word
}

/** A short identifier, or `undefined`: free text could carry what must not be shown. */
export function toWord(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && /^[\w.:-]{1,80}$/.test(text) ? text : undefined
}

/** The place of a member in a request, or `undefined` for the same reason. */
function toPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\w[\w.[\]]{0,79}$/.test(value) ? value : undefined
}

function toNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined
}

function toCount(value: string | null): number | undefined {
  // More digits are no time to wait, but a date in milliseconds, or nonsense.
  return value !== null && /^\d{1,12}(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}
