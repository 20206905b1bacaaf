import { isObject, toObject, type UncheckedObject } from '../../../unchecked-object.js'

/** Where an answer 202 says to ask again, and when. */
export interface HttpPoll {
  /** Whole milliseconds, as the hub keeps times. */
  readonly afterMs: number
  readonly request: UncheckedObject
}

/**
 * What to ask next after an answer to `request`, JSON text as an HTTP action completes with; `undefined` when that
 * was the last one. Without a time in the answer it is `defaultPollMs` until then. The key that opens the first address is none of the next one's business.
 */
export function readPoll(
  request: UncheckedObject,
  answer: string | undefined,
  defaultPollMs: number,
): HttpPoll | undefined {
  const parsed: unknown = JSON.parse(answer ?? 'null')
  if (!isObject(parsed) || parsed.statusCode !== 202) return undefined
  const location = readHeader(parsed.headers, 'location')
  if (!location) return undefined
  const seconds = Number(readHeader(parsed.headers, 'retry-after') ?? Number.NaN)
  return {
    afterMs: Number.isFinite(seconds) ? Math.round(seconds * 1000) : defaultPollMs,
    request: {
      method: 'GET',
      uri: new URL(location, String(request.uri)).href,
      headers: withoutHeader(request.headers, 'x-functions-key'),
      tokenSource: request.tokenSource,
    },
  }
}

function readHeader(headers: unknown, name: string): string | undefined {
  const found = Object.entries(toObject(headers)).find(([key]) => key.toLowerCase() === name)
  return found && String(found[1])
}

function withoutHeader(headers: unknown, name: string): UncheckedObject {
  return Object.fromEntries(Object.entries(toObject(headers)).filter(([key]) => key.toLowerCase() !== name))
}
