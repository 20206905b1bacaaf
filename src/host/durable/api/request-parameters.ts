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

/** Which part of a list is asked for: ids after this one, and how many. */
export function readPage({ query, headers }: DurableRequest): {
  readonly after: string
  readonly limit: number
} {
  const size = Number(query.get('top') ?? '')
  const token = headers[tokenHeader]
  return {
    after: typeof token === 'string' ? Buffer.from(token, 'base64url').toString() : '',
    limit: Number.isSafeInteger(size) && size > 0 ? size : pageSize,
  }
}

/** Says how to ask for the rest of a list; nothing when `lastId` is absent, as there is no rest then. */
export function toPageHeaders(lastId: string | undefined): Readonly<Record<string, string>> {
  return lastId === undefined ? {} : { [tokenHeader]: Buffer.from(lastId).toString('base64url') }
}
