import type { IncomingMessage } from 'node:http'
import type { TypedData } from '../functions.js'
import { TriggerMetadata } from '../invocation/trigger-metadata.js'
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
): Readonly<Record<string, TypedData>> {
  const data = new TriggerMetadata()
  if (body !== undefined && startsLikeObject(body)) {
    data.putMembers(body.toString('utf8').replace(/^\uFEFF/, ''))
  }
  const query = readQuery(search, (_, later) => later)
  for (const [key, value] of query) if (key.toLowerCase() !== 'code') data.put(key, { string: value })
  for (const [key, value] of Object.entries(routeValues)) data.put(key, { string: value })
  if (!data.has('query')) data.put('Query', { json: JSON.stringify(Object.fromEntries(query)) })
  if (!data.has('headers')) data.put('Headers', { json: JSON.stringify(readHeaders(request)) })
  return data.toRecord()
}

/** True when the bytes may be a JSON object, which is all that binding data takes from a body. */
export function startsLikeObject(chunk: Buffer): boolean {
  const head = chunk
    .toString('latin1', 0, 64)
    .replace(/^\xEF\xBB\xBF/, '')
    .trimStart()
  return head === '' || head.startsWith('{')
}
