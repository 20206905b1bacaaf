import { AgentError } from '../core/errors.js'
import { type Problem, type ProblemContext, toProblem } from '../core/problem.js'
import type { ApprovalRequested } from '../run/events.js'
import { isBegun, type RunState } from '../run/fold.js'
import type { RunKey } from '../run/run-log.js'
import { isAsking, type OpenCall, toOpenApprovals, toOpenCalls } from '../run/waiting.js'

/**
 * What a caller gets, as `@azure/functions` takes it (its `HttpResponseInit`). The library makes a web `Response` of
 * it; made here already, it would have to be taken apart again for that.
 */
export interface Answer {
  readonly status: number
  /** By name in lower case. Values are ASCII: what headers cannot hold is found out too late to answer anything else. */
  readonly headers: Readonly<Record<string, string>>
  /** Text is the whole of it, a stream goes out as it comes; none when absent. */
  readonly body?: string | ReadableStream<Uint8Array>
}

/** Headers that every answer about a run carries. Ids beyond ASCII are percent-encoded: headers cannot hold them. */
export function toRunHeaders({ session, run }: Omit<RunKey, 'agent'>): Record<string, string> {
  return { 'x-ms-session-id': toHeaderText(session), 'x-ms-correlation-id': toHeaderText(run) }
}

/** A JSON answer. */
export function createJsonAnswer(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return createWholeAnswer(JSON.stringify(body), status, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
}

/** A plain text answer. */
export function createTextAnswer(text: string, status = 200, headers: Record<string, string> = {}): Answer {
  return createWholeAnswer(text, status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
}

/** Says how long it is, so that it goes out in one piece. */
function createWholeAnswer(text: string, status: number, headers: Record<string, string>): Answer {
  const length = String(Buffer.byteLength(text))
  return { status, headers: { ...headers, 'content-length': length }, body: text }
}

/** A problem as `application/problem+json` (RFC 9457). */
export function createProblemAnswer(problem: Problem, headers: Record<string, string>): Answer {
  return createJsonAnswer(problem, problem.status, {
    ...headers,
    'content-type': 'application/problem+json',
  })
}

/** The answer to whatever a handler threw. */
export function toErrorAnswer(
  error: unknown,
  context: ProblemContext = {},
  headers: Record<string, string> = {},
): Answer {
  return createProblemAnswer(toProblem(error, context), { ...headers, ...toRetryHeaders(error) })
}

/** Says when to try again, if the error does: `retry-after` in whole seconds. */
export function toRetryHeaders(error: unknown): Record<string, string> {
  const retryAfterMs = error instanceof AgentError ? error.retryAfterMs : undefined
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
}

/** How far a run is that has not ended, or a message that is to be sent later. */
export type PendingStatus = 'scheduled' | 'accepted' | 'running' | 'waiting'

/** 202: where to look for the outcome of a run, what it waits for, and when to look again (s). */
export function createPendingAnswer(
  url: URL,
  { session, run }: RunKey,
  status: PendingStatus,
  waitsFor?: Questions | { readonly sendAt: string },
  retryAfter = 1,
): Answer {
  const base = url.pathname.replace(/\/(run|[^/]+\/(approvals|runs)\/[^/]+(\/(cancel|results))?)\/?$/i, '')
  const location = `${url.origin}${base}/${encodeURIComponent(session)}/runs/${encodeURIComponent(run)}`
  return createJsonAnswer({ status, sessionId: session, correlationId: run, ...waitsFor }, 202, {
    ...toRunHeaders({ session, run }),
    location,
    'retry-after': String(retryAfter),
  })
}

/** 202: where a run that has not ended stands. */
export function createStandingAnswer(url: URL, key: RunKey, state: RunState): Answer {
  const { status, questions } = toStanding(state)
  return createPendingAnswer(url, key, status, questions)
}

/** What a run asks those outside, each absent when there is none. */
export interface Questions {
  /** The tool calls that a human has to decide about. */
  readonly approvals: readonly ApprovalRequested[] | undefined
  /** The tool calls that the caller has to carry out. */
  readonly toolCalls: readonly OpenCall[] | undefined
}

/** Where a run that has not ended stands, and what it asks. It counts as waiting when only an answer to that helps it on; what else it waits for comes by itself. */
export function toStanding(state: RunState): {
  readonly status: PendingStatus
  readonly questions: Questions
} {
  const questions = {
    approvals: toListIfAny(toOpenApprovals(state)),
    toolCalls: toListIfAny(toOpenCalls(state)),
  }
  return { status: toPendingStatus(state), questions }
}

function toListIfAny<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}

function toPendingStatus(state: RunState): PendingStatus {
  if (isAsking(state)) return 'waiting'
  return isBegun(state) ? 'running' : 'accepted'
}

function toHeaderText(id: string): string {
  return /^[\x21-\x7e]*$/.test(id) ? id : encodeURIComponent(id)
}
