import type { DurableAnswer } from './durable-answer.js'
import type { DurableRequest } from './durable-request.js'

const pageSize = 100
const tokenHeader = 'x-ms-continuation-token'

/** A parameter that is `true` or `false`. */
export function isOn(query: DurableRequest['query'], name: string, byDefault: boolean): boolean {
  const text = query.get(name.toLowerCase())?.toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : byDefault
}

/** Epoch milliseconds; `undefined` when the parameter is absent or no time. */
export function parseTime(query: DurableRequest['query'], name: string): number | undefined {
  const time = Date.parse(query.get(name.toLowerCase()) ?? '')
  return Number.isNaN(time) ? undefined : time
}

/**
 * Answers with the part of a list that is asked for, and how to ask for the rest; `find` gives so many entries of the list after an
 * id, in order of their ids.
 */
export function answerPage<T extends { readonly id: string }>(
  request: DurableRequest,
  find: (part: { readonly after: string; readonly limit: number }) => readonly T[],
  toJson: (entry: T) => string,
): DurableAnswer {
  const { after, limit } = readPage(request)
  const found = find({ after, limit: limit + 1 })
  const page = found.slice(0, limit)
  return {
    status: 200,
    json: `[${page.map((entry) => toJson(entry)).join(',')}]`,
    headers: toPageHeaders(found.length > limit ? page.at(-1)?.id : undefined),
  }
}

function readPage({ query, headers }: DurableRequest) {
  const size = Number(query.get('top') ?? '')
  const token = headers[tokenHeader]
  return {
    after: typeof token === 'string' ? Buffer.from(token, 'base64url').toString() : '',
    limit: Number.isSafeInteger(size) && size > 0 ? size : pageSize,
  }
}

/** Nothing when there is no rest. */
function toPageHeaders(lastId: string | undefined): Readonly<Record<string, string>> {
  return lastId === undefined ? {} : { [tokenHeader]: Buffer.from(lastId).toString('base64url') }
}
