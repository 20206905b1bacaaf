import { AgentError } from '../../core/errors.js'
import { isJsonObject, parseJson } from '../../core/json.js'

/** Where somebody stands with a background response. */
export interface BackgroundPlace {
  /** The response's id. */
  readonly response: string
  /** Whether it was asked for as a stream: only then can it be read as one. */
  readonly streamed: boolean
  /** The number of the last event that was seen; absent before the first. */
  readonly after?: number | undefined
}

/** A place as a token: opaque to those who carry it, and safe in URLs. */
export function toContinuationToken({ response, streamed, after }: BackgroundPlace): string {
  return Buffer.from(JSON.stringify({ v: 1, response, streamed, after })).toString('base64url')
}

/**
 * The place that a token stands for.
 * Security: tokens may come back by way of strangers, and what is in them becomes part of a URL: nothing but an id passes.
 * @throws {AgentError} `invalid_request` when it is none of ours.
 */
export function parseContinuationToken(token: string): BackgroundPlace {
  const place = parseJson(Buffer.from(token, 'base64url').toString())
  if (isJsonObject(place) && place.v === 1) {
    const { response, streamed, after } = place
    const isPlace = isResponseId(response) && typeof streamed === 'boolean' && isPosition(after)
    if (isPlace) return { response, streamed, after }
  }
  throw new AgentError(
    'invalid_request',
    'continuationToken is not one that this client has given. Pass it on exactly as it came.',
  )
}

function isResponseId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,200}$/.test(value)
}

function isPosition(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)
}
