import diagnosticsChannel from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'

const invocationIdHeader = 'x-ms-invocation-id'

/** A request as the Functions host forwarded it to this process, and where the answer goes. */
export interface ForwardedRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Those that nobody has taken yet, by the ids of their invocations. */
const forwarded = new Map<string, ForwardedRequest>()

/**
 * Notes what the Functions host forwards to this process, with HTTP streaming on: `@azure/functions` shows neither a GET's body
 * nor that a connection is gone.
 */
export function watchForwardedRequests(): void {
  diagnosticsChannel.subscribe('http.server.request.start', note)
}

function note(message: unknown): void {
  const { request, response } = message as ForwardedRequest
  const invocationId = request.headers[invocationIdHeader]
  if (typeof invocationId !== 'string') return
  forwarded.set(invocationId, { request, response })
  response.once('close', () => forwarded.delete(invocationId))
}

/** The request of an invocation; `undefined` when it was not forwarded. Asking forgets it. */
export function takeForwarded(invocationId: string): ForwardedRequest | undefined {
  const found = forwarded.get(invocationId)
  forwarded.delete(invocationId)
  return found
}

/**
 * True for a GET or HEAD request that came with a body.
 * Security: a JSON body with a key `Headers` replaces the headers that the app sees, and `@azure/functions` drops the body of
 * a GET before the app could look into it. The forwarded request itself cannot lie.
 */
export function hasStrayBody({ request }: ForwardedRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return (length !== undefined && length !== '0') || encoding !== undefined
}

/** Calls back when the connection is closed, or at once when it is. */
export function onClose({ response }: ForwardedRequest, listener: () => void): void {
  if (response.closed) listener()
  else response.once('close', listener)
}
