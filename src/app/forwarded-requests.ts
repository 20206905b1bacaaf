import diagnosticsChannel from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'

const invocationIdHeader = 'x-ms-invocation-id'

/** Requests that the Functions host forwarded to this process and that carry a body although their method has none. */
const suspects = new Set<string>()

/**
 * Notes GET and HEAD requests that come with a body.
 * Security: with HTTP streaming on, a JSON body with a key `Headers` replaces the headers that the app sees, and
 * `@azure/functions` drops the body of a GET before the app could look into it. The forwarded request itself cannot lie.
 */
export function watchForwardedRequests(): void {
  diagnosticsChannel.subscribe('http.server.request.start', noteIfSuspect)
}

/** True for an invocation whose GET or HEAD request came with a body; asking forgets it. */
export function takeSuspect(invocationId: string): boolean {
  return suspects.delete(invocationId)
}

function noteIfSuspect(message: unknown): void {
  const { request } = message as { readonly request: IncomingMessage }
  const invocationId = request.headers[invocationIdHeader]
  if (typeof invocationId !== 'string') return
  if (request.method !== 'GET' && request.method !== 'HEAD') return
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if ((length !== undefined && length !== '0') || encoding !== undefined) suspects.add(invocationId)
}
