import { hash } from 'node:crypto'
import { toCanonicalJson } from '../../core/json.js'
import type { RunRequest } from '../../run/events.js'

/** What a caller asks for; with tools, unless `options` say otherwise. */
type NewRunRequest = Omit<RunRequest, 'digest' | 'options'> & Partial<Pick<RunRequest, 'options'>>

/** A run request with its digest: equal for requests that ask the same. Metadata does not count. */
export function createRunRequest({
  options = { enableToolCalls: true },
  ...request
}: NewRunRequest): RunRequest {
  const { messages } = request
  const digest = hash('sha256', toCanonicalJson({ messages, options }))
  return { ...request, options, digest }
}
