import { hash } from 'node:crypto'
import { toCanonicalJson } from '../../core/json.js'
import type { RunRequest } from '../../run/events.js'

/** What a caller asks for; with tools, unless `options` say otherwise. */
type NewRunRequest = Omit<RunRequest, 'digest' | 'options'> & Partial<Pick<RunRequest, 'options'>>

/** A run request with its digest: equal for requests that ask the same, whether or not they name what is the default. Metadata does not count. */
export function createRunRequest({
  options: { onBusy: given, ...others } = { enableToolCalls: true },
  ...request
}: NewRunRequest): RunRequest {
  const { messages } = request
  const onBusy = given === 'queue' ? undefined : given
  const options = { ...others, onBusy }
  const digest = hash('sha256', toCanonicalJson({ messages, options }))
  return { ...request, options, digest }
}
