import type { IncomingMessage } from 'node:http'
import type { TypedData } from '../functions.js'
import { readBody, readContentLength } from './request-body.js'
import { type RequestTarget, readHeaders, readQuery } from './request-url.js'

/**
 * The trigger value for a request of an app that does not stream (Functions worker: RpcHttp).
 * The body is read whole, and only when its length is declared: a chunked one is not delivered, as on the host.
 */
export async function toHttpInput(
  request: IncomingMessage,
  target: RequestTarget,
  routeValues: Readonly<Record<string, string>>,
): Promise<TypedData> {
  const headers = readHeaders(request)
  const length = readContentLength(request) ?? 0
  return {
    http: {
      url: `http://${headers.host || 'localhost'}${target.path}${target.search}`,
      method: request.method,
      nullableHeaders: toNullable(Object.entries(headers)),
      nullableQuery: toNullable(readQuery(target.search, (earlier, later) => `${earlier},${later}`)),
      nullableParams: toNullable(Object.entries(routeValues)),
      headers: {},
      query: {},
      params: {},
      ...(length > 0 && { body: { bytes: await readBody(request) } }),
    },
  }
}

function toNullable(
  entries: Iterable<readonly [string, string]>,
): Record<string, { readonly value: string }> {
  // Without a prototype: a client may send the key `__proto__`.
  const result: Record<string, { readonly value: string }> = Object.create(null)
  for (const [name, value] of entries) result[name] = { value }
  return result
}
