import diagnosticsChannel from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AgentError } from '../core/errors.js'

const invocationIdHeader = 'x-ms-invocation-id'

/** A request as the Functions host forwarded it to this process, and where the answer goes. */
export interface ForwardedRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Those that nobody has taken yet, by the ids of their invocations. */
const forwarded = new Map<string, ForwardedRequest>()
/** Whether the host forwards requests: then each is here before its function is called. */
let isForwarding = false

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
  isForwarding = true
  forwarded.set(invocationId, { request, response })
  response.once('close', () => forwarded.delete(invocationId))
}

/**
 * The request of an invocation; `undefined` where none is forwarded. Asking forgets it.
 * @throws {AgentError} `invalid_request` when its caller has left by now, so that nobody knows any more what it said.
 */
export function takeForwarded(invocationId: string): ForwardedRequest | undefined {
  const found = forwarded.get(invocationId)
  forwarded.delete(invocationId)
  if (found !== undefined || !isForwarding) return found
  throw new AgentError('invalid_request', 'The connection was closed before the request was looked at.')
}

/**
 * The headers that a request came with.
 * Security: those that `@azure/functions` shows can be replaced by whoever sends the request, the caller's identity among
 * them: by a key `Headers` in the query, or in a body that the Functions host takes for JSON. It takes more for JSON than JSON is:
 * comments, single quotes, names without quotes. The forwarded request itself cannot lie.
 */
export function readHeaders({ request }: ForwardedRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, String(value))
  const host = headers.get('x-forwarded-host')
  if (host !== null) headers.set('host', host)
  return headers
}

/**
 * True for a GET or HEAD request that came with a body.
 * Security: it could replace the headers that other functions of the app see, see {@link readHeaders}, and
 * `@azure/functions` drops the body of a GET before anybody could look into it.
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
