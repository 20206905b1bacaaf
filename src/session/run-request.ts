import { createHash } from 'node:crypto'
import { toCanonicalJson } from '../core/json.js'
import type { RunRequest } from '../run/events.js'

/** A run request with its digest: equal for requests that ask the same. Metadata does not count. */
export function createRunRequest(request: Omit<RunRequest, 'digest'>): RunRequest {
  const { messages, options } = request
  const digest = createHash('sha256').update(toCanonicalJson({ messages, options })).digest('hex')
  return { ...request, digest }
}
