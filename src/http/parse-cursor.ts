import { parseCount } from './parse-query.js'
import { createFieldError } from './request-errors.js'
import type { Call } from './route.js'

/**
 * The last event the reader has: from the header that clients send when they reconnect, else from the query; -1 for none.
 * @param name what events call their number @throws {AgentError} `invalid_request` naming which.
 */
export function parseCursor({ request, url }: Call, name = 'id'): number {
  const header = request.headers.get('last-event-id')
  if (header === null)
    return parseCount(url.searchParams, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? -1
  if (/^\d{1,15}$/.test(header)) return Number(header)
  throw createFieldError('Last-Event-ID', `must be the ${name} of an event, not "${header}"`)
}
