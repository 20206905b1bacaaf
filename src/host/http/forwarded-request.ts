import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import type { RequestTarget } from './request-url.js'

/**
 * A client's request as the library's server sees it: with the forwarder's headers, and a body of its own, so that it can
 * be read ahead and cut off without touching the client's connection.
 */
export class ForwardedRequest extends PassThrough {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  // What else a tracing library may want to know of a request that reaches a server.
  readonly rawHeaders: readonly string[]
  readonly httpVersion: string
  readonly socket: IncomingMessage['socket']

  /**
   * Adds the headers that the library asks for (Functions host: HTTP streaming).
   * Security: what a client sends under these names is replaced, so that it cannot answer another invocation.
   */
  constructor(request: IncomingMessage, target: RequestTarget, invocationId: string) {
    super()
    this.method = request.method ?? 'GET'
    this.url = `${target.path}${target.search}`
    this.headers = {
      ...request.headers,
      'x-ms-invocation-id': invocationId,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': request.headers.host || 'localhost',
    }
    this.rawHeaders = request.rawHeaders
    this.httpVersion = request.httpVersion
    this.socket = request.socket
  }
}
