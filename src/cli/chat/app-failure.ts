import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import { parseJson } from '../../core/json.js'
import { isAgentErrorCode } from '../../core/problem.js'

/** Answers of a host, or of what stands before it, that another one may follow soon. */
const passingStatuses: ReadonlySet<number> = new Set([408, 502, 503, 504])

const problemBody = z.object({ detail: z.string(), code: z.string() })

/** An error for a request that got no answer; worth trying again. */
export function createUnreachableError(url: string, cause: unknown): AgentError {
  const message = `Nothing answers at ${url} (${toReason(cause)}): start the app (durable-agents start), or say with --url where it is.`
  return new AgentError('internal', message, { retryable: true, cause })
}

/** An error for an answer that broke off; worth trying again. */
export function createBrokenError(url: string, cause: unknown): AgentError {
  const message = `The connection to ${url} broke (${toReason(cause)}).`
  return new AgentError('internal', message, { retryable: true, cause })
}

/** The innermost error says why; `fetch` itself says only that it failed, and its own codes say less than their messages. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return toReason(error.cause)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UND'
  return code.startsWith('UND') ? error.message : code
}

/** An error for an answer that is none of success; says what to do about it. */
export async function readFailure(response: Response, url: string): Promise<AgentError> {
  const text = await response.text().catch(() => '')
  const { data: problem } = problemBody.safeParse(parseJson(text))
  const { status } = response
  // An empty 500 comes from a host that is going down.
  const retryable = passingStatuses.has(status) || (status === 500 && text === '')
  const code = isAgentErrorCode(problem?.code) ? problem.code : 'internal'
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = seconds >= 0 && seconds <= 60 ? seconds * 1000 : undefined
  return new AgentError(code, toAdvice(response, url, problem?.detail), { retryable, retryAfterMs })
}

function toAdvice({ status, headers }: Response, url: string, detail: string | undefined): string {
  if (status === 401 || status === 403) {
    return `The app wants a key, or does not accept this one (${status}): give a host key or a function key with --key, or in DURABLE_AGENTS_KEY.`
  }
  if (status >= 300 && status < 400) {
    return `${url} sends elsewhere (${status}): give that address with --url: ${headers.get('location') ?? 'unknown'}`
  }
  if (detail !== undefined) return detail
  if (status === 404) {
    return `There are no agents at ${url} (404): --url must end as the app's routes begin, mostly with /api.`
  }
  return `The app at ${url} answered ${status} without saying why; its log may.`
}
