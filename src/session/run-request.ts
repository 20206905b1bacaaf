import { hash } from 'node:crypto'
import { toCanonicalJson } from '../core/json.js'
import type { RunRequest } from '../run/events.js'

/** A run request with its digest: equal for requests that ask the same. Metadata does not count. */
export function createRunRequest(request: Omit<RunRequest, 'digest'>): RunRequest {
  const { messages, options } = request
  const digest = hash('sha256', toCanonicalJson({ messages, options }))
  return { ...request, digest }
}
