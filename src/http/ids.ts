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
