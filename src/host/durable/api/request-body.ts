import { DurableRequestError } from './durable-answer.js'

/** A body's JSON text as it came; `null` for an empty one. @throws {DurableRequestError} when it is no JSON. */
export function parseJsonBody(body: string): string | null {
  if (body.trim() === '') return null
  try {
    JSON.parse(body)
    return body
  } catch (error) {
    throw new DurableRequestError(error instanceof Error ? error.message : String(error), {
      summary: 'Invalid JSON content',
    })
  }
}
