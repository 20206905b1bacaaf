import type { IncomingMessage, ServerResponse } from 'node:http'

/** Headers of one connection, those that the forwarder sets itself, and `expect`, which has been answered. */
const notForwarded = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-ms-invocation-id',
])

/**
 * The client's headers as a flat list, with those that the library asks for (Functions host: HTTP streaming).
 * Security: what a client sends under these names is dropped, so that it cannot answer another invocation.
 */
export function toForwardedHeaders(request: IncomingMessage, invocationId: string, host: string): string[] {
  const headers = ['host', host, 'x-ms-invocation-id', invocationId, 'x-forwarded-proto', 'http']
  headers.push('x-forwarded-host', request.headers.host ?? host)
  const { rawHeaders } = request
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!notForwarded.has(name.toLowerCase())) headers.push(name, rawHeaders[index + 1] ?? '')
  }
  if (request.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked')
  return headers
}

const notReturned = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/** The library's headers as a flat list. Those that the host set itself (CORS) stay as they are. */
export function toAnswerHeaders(answer: IncomingMessage, response: ServerResponse): string[] {
  const headers: string[] = []
  const { rawHeaders } = answer
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const lower = name.toLowerCase()
    const isCors = lower.startsWith('access-control-') && response.hasHeader(lower)
    if (!notReturned.has(lower) && !isCors) headers.push(name, rawHeaders[index + 1] ?? '')
  }
  return headers
}
