import type { Handler } from '../../route.js'

/** Gives the answers of a handler that tell of a run the run's id where OpenAI's clients look for it (`_request_id`, `requestID`). */
export function withRequestId(handler: Handler): Handler {
  return async (call) => {
    const answer = await handler(call)
    const { 'x-ms-correlation-id': id } = answer.headers
    return id === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-request-id': id } }
  }
}
