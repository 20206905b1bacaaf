import { AgentError } from '../core/errors.js'
import { type Problem, type ProblemContext, toProblem } from '../core/problem.js'
import type { ApprovalRequested } from '../run/events.js'
import type { RunKey } from '../run/run-log.js'

/** Headers that every answer about a run carries. Ids beyond ASCII are percent-encoded: headers cannot hold them. */
export function toRunHeaders(sessionId: string, correlationId: string): Record<string, string> {
  return { 'x-ms-session-id': toHeaderText(sessionId), 'x-ms-correlation-id': toHeaderText(correlationId) }
}

/** A JSON answer. */
export function createJsonResponse(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return createWholeResponse(JSON.stringify(body), status, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
}

/** A plain text answer. */
export function createTextResponse(
  text: string,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return createWholeResponse(text, status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
}

/** Says how long it is, so that it goes out in one piece. */
function createWholeResponse(text: string, status: number, headers: Record<string, string>): Response {
  const length = String(Buffer.byteLength(text))
  return new Response(text, { status, headers: { ...headers, 'content-length': length } })
}

/** A problem as `application/problem+json` (RFC 9457). */
export function createProblemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
  return createJsonResponse(problem, problem.status, {
    ...headers,
    'content-type': 'application/problem+json',
  })
}

/** The answer to whatever a handler threw. */
export function toErrorResponse(error: unknown, context: ProblemContext = {}): Response {
  const retryAfterMs = error instanceof AgentError ? error.retryAfterMs : undefined
  const headers: Record<string, string> =
    retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  return createProblemResponse(toProblem(error, context), headers)
}

/** 202: where to look for the outcome of a run, and what it waits for. */
export function createPendingResponse(
  url: URL,
  { session, run }: RunKey,
  status: 'accepted' | 'running' | 'waiting',
  approvals?: readonly ApprovalRequested[],
): Response {
  const base = url.pathname.replace(/\/(run|[^/]+\/(approvals|runs)\/[^/]+(\/cancel)?)\/?$/i, '')
  const location = `${url.origin}${base}/${encodeURIComponent(session)}/runs/${encodeURIComponent(run)}`
  return createJsonResponse({ status, sessionId: session, correlationId: run, approvals }, 202, {
    ...toRunHeaders(session, run),
    location,
    'retry-after': '1',
  })
}

function toHeaderText(id: string): string {
  return /^[\x21-\x7e]*$/.test(id) ? id : encodeURIComponent(id)
}
