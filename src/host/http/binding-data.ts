import type { IncomingMessage } from 'node:http'
import type { TypedData } from '../functions.js'
import { isObject } from '../parse-json.js'
import { toDotNetText } from '../typed-data.js'
import { readHeaders, readQuery } from './request-url.js'

/**
 * The trigger metadata of a streamed request (Functions host: HTTP binding data): fields of a JSON body, then query
 * parameters, then route values, later ones winning under names that compare ignoring case; then `Query` and `Headers`,
 * unless a client took these names. The library reads request headers from `Headers` alone.
 *
 * Security: so a query or body key `Headers` replaces the request's headers, here as in Azure. Apps must refuse it.
 */
export function toBindingData(
  request: IncomingMessage,
  search: string,
  routeValues: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Record<string, TypedData> {
  // Without a prototype: a client may send the key `__proto__`.
  const data: Record<string, TypedData> = Object.create(null)
  const spelling = new Map<string, string>()
  const put = (key: string, value: TypedData): void => {
    const lower = key.toLowerCase()
    const name = spelling.get(lower) ?? key
    spelling.set(lower, name)
    data[name] = value
  }
  if (body !== undefined) putBodyFields(body, put)
  const query = readQuery(search, (_, later) => later)
  for (const [key, value] of query) if (key.toLowerCase() !== 'code') put(key, { string: value })
  for (const [key, value] of Object.entries(routeValues)) put(key, { string: value })
  if (!spelling.has('query')) put('Query', { json: JSON.stringify(Object.fromEntries(query)) })
  if (!spelling.has('headers')) put('Headers', { json: JSON.stringify(readHeaders(request)) })
  return data
}

/** True when the bytes may be a JSON object, which is all that binding data takes from a body. */
export function startsLikeObject(chunk: Buffer): boolean {
  const head = chunk
    .toString('latin1', 0, 64)
    .replace(/^\xEF\xBB\xBF/, '')
    .trimStart()
  return head === '' || head.startsWith('{')
}

function putBodyFields(body: Buffer, put: (key: string, value: TypedData) => void): void {
  const fields = parseObject(body)
  for (const [key, value] of Object.entries(fields)) {
    if (isObject(value)) put(key, { json: JSON.stringify(value) })
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      put(key, { string: toDotNetText(value) })
    }
  }
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> {
  if (!startsLikeObject(body)) return {}
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
    return isObject(parsed) ? parsed : {}
  } catch {
    // A body that is not JSON gives no binding data; the function reads it as it is.
    return {}
  }
}
