import { AgentError, type AgentErrorCode, type Issue } from '../core/errors.js'
import { isJsonObject, parseJson } from '../core/json.js'
import { mayPass } from '../core/may-pass.js'
import { isAgentErrorCode } from '../core/problem.js'

/** How whoever calls an app says where it is, and gives its key: a part of sentences. */
export interface Advice {
  readonly url: string
  readonly key: string
}

/** An error for a request that got no answer; worth trying again. */
export function createUnreachableError(url: string, advice: Advice, cause: unknown): AgentError {
  const message = `Nothing answers at ${url} (${toReason(cause)}): start the app (durable-agents start), or say ${advice.url} where it is.`
  return new AgentError('internal', message, { retryable: true, cause })
}

/** An error for an answer that broke off; worth trying again. */
export function createBrokenError(url: string, cause: unknown): AgentError {
  const message = `The connection to ${url} broke (${toReason(cause)}).`
  return new AgentError('internal', message, { retryable: true, cause })
}

/** An error for an answer that no app of this library gives. */
export function createForeignError(url: string, advice: Advice): AgentError {
  const message = `What answers at ${url} is no app of this library: say ${advice.url} where it is.`
  return new AgentError('internal', message)
}

/** The innermost error says why; `fetch` itself says only that it failed, and its own codes say less than their messages. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return toReason(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UND'
  return code.startsWith('UND') ? error.message : code
}

/** An error for an answer that is none of success; says what to do about it. */
export async function readFailure(response: Response, url: string, advice: Advice): Promise<AgentError> {
  const text = await response.text().catch(() => '')
  const problem = parseJson(text)
  const { detail, code, issues } = isJsonObject(problem) ? problem : {}
  const { status } = response
  const retryable = mayPass({ status, body: text, code })
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = seconds >= 0 && seconds <= 60 ? seconds * 1000 : undefined
  const message = toMessage(response, url, advice, typeof detail === 'string' ? detail : undefined)
  return new AgentError(toCode(status, code), message, {
    retryable,
    retryAfterMs,
    issues: toIssues(issues),
  })
}

/** A host or sign-in service in front of the app says with the status alone that it does not know the caller. */
function toCode(status: number, code: unknown): AgentErrorCode {
  if (isAgentErrorCode(code)) return code
  return status === 401 ? 'unauthorized' : 'internal'
}

function toMessage(response: Response, url: string, advice: Advice, detail: string | undefined): string {
  const { status, headers, type } = response
  // What the app itself refuses says why; a host that wants a key does not.
  if ((status === 401 || status === 403) && detail === undefined) {
    return `The app wants a key, or does not accept this one (${status}): give a host key or a function key ${advice.key}.`
  }
  // Browsers keep to themselves where they were sent.
  if (type === 'opaqueredirect') return `${url} sends elsewhere: sign in there first.`
  if (status >= 300 && status < 400) {
    return `${url} sends elsewhere (${status}): give that address ${advice.url}: ${headers.get('location') ?? 'unknown'}`
  }
  if (detail !== undefined) return detail
  if (status === 404) {
    return `There are no agents at ${url} (404): it must end as the app's routes begin, mostly with /api; say ${advice.url}.`
  }
  return `The app at ${url} answered ${status} without saying why; its log may.`
}

/** What is wrong with an input, as an app has told it; `undefined` when it has not. */
function toIssues(value: unknown): readonly Issue[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.flatMap((issue) => {
    if (!isJsonObject(issue)) return []
    const { path, message } = issue
    return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : []
  })
}
