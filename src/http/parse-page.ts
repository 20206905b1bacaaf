import type { HistoryPage } from '../session/state/read-session.js'
import { parseCount } from './parse-query.js'

/** Which turns of a conversation are asked for, by `limit` and `before`; most turns are of two lines. @throws {AgentError} `invalid_request` naming the field. */
export function parsePage(query: URLSearchParams): HistoryPage {
  const lines = parseCount(query, 'limit', { min: 1, max: 1000 }) ?? 200
  const before = parseCount(query, 'before', { min: 1, max: Number.MAX_SAFE_INTEGER })
  return { limit: Math.ceil(lines / 2), before }
}
