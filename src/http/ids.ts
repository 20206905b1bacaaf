import { findIdProblem, longestCorrelationId, longestSessionId } from '../core/find-id-problem.js'
import { createFieldError } from './request-errors.js'

/** Checks an id. @throws {AgentError} `invalid_request` naming the field. */
export function parseId(field: string, text: string, maxLength: number): string {
  const problem = findIdProblem(text, maxLength)
  if (problem !== undefined) throw createFieldError(field, problem)
  return text
}

/** A session id: 1-200 characters. */
export function parseSessionId(text: string, field = 'sessionId'): string {
  return parseId(field, text, longestSessionId)
}

/** A correlation id: 1-128 characters. */
export function parseCorrelationId(text: string, field = 'correlationId'): string {
  return parseId(field, text, longestCorrelationId)
}

/** The correlation id that a caller gives by header, or in the body's `field`; `undefined` when it gives none. @throws {AgentError} `invalid_request` naming the field, also when the two differ. */
export function parseGivenRun(
  headers: Headers,
  field = 'correlationId',
  inBody?: string | null,
): string | undefined {
  const header = headers.get('idempotency-key')
  if (header !== null && inBody != null && header !== inBody)
    throw createFieldError(field, 'differs from the header Idempotency-Key')
  if (header !== null) return parseCorrelationId(header, 'Idempotency-Key')
  return inBody == null ? undefined : parseCorrelationId(inBody, field)
}
