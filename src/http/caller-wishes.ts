import { parseFlag } from './parse-query.js'

/** In which form a caller wants the answer. */
export type AnswerForm = 'json' | 'text' | 'events'

/** The form that the `Accept` header asks for: JSON, unless it names one of the others. */
export function toAnswerForm(headers: Headers): AnswerForm {
  const accept = headers.get('accept')?.toLowerCase() ?? ''
  if (accept.includes('text/event-stream')) return 'events'
  return accept.includes('text/plain') && !accept.includes('json') ? 'text' : 'json'
}

/** The names under which a caller says whether it waits, in body and query alike. */
export const waitFields = ['waitForResponse', 'wait_for_response'] as const

/** Whether the caller waits for the outcome, by header, else by query; `undefined` when neither says. @throws {AgentError} `invalid_request` naming the field. */
export function parseWait(headers: Headers, query: URLSearchParams): boolean | undefined {
  const [name, alias] = waitFields
  return (
    parseFlag('x-ms-wait-for-response', headers.get('x-ms-wait-for-response')) ??
    parseFlag(name, query.get(name) ?? query.get(alias))
  )
}
