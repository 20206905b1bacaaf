import type { ServerResponse } from 'node:http'
import type { InvocationOutcome, TypedData } from '../functions.js'
import { type RpcCookie, toSetCookie } from './set-cookie.js'
import { writeEmpty } from './write-response.js'

/** What the library hands over for an HTTP answer that it did not stream (Functions worker: RpcHttp). */
interface RpcHttpResponse {
  readonly statusCode?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookies?: readonly RpcCookie[]
  readonly body?: TypedData
}

/**
 * Writes the answer of a finished invocation: 500 without a body for a failure, 204 when the handler gave nothing
 * (Functions host: response conversion). Details of a failure are in the log only.
 */
export function writeOutcome(response: ServerResponse, outcome: InvocationOutcome): void {
  const returnValue = outcome.succeeded ? outcome.returnValue : undefined
  if (!outcome.succeeded) writeEmpty(response, 500)
  else if (returnValue === null || returnValue === undefined) writeEmpty(response, 204)
  else if ('http' in returnValue) writeHttp(response, returnValue.http as RpcHttpResponse)
  else writeEmpty(response, 500)
}

function writeHttp(response: ServerResponse, http: RpcHttpResponse): void {
  const status = Number.parseInt(http.statusCode ?? '', 10) || 200
  const body = toBytes(http.body)
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (!ownedByServer.has(name)) response.setHeader(name, value)
  }
  if (http.cookies !== undefined && http.cookies.length > 0) {
    response.setHeader('set-cookie', http.cookies.map(toSetCookie))
  }
  if (status !== 204 && status !== 304) response.setHeader('content-length', body.length)
  response.writeHead(status)
  response.end(body)
}

/** The server frames the message: what an app says about that would break it. */
const ownedByServer = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'])

function toBytes(body: TypedData | undefined): Uint8Array {
  if (body === undefined) return new Uint8Array()
  if ('bytes' in body) return body.bytes
  return Buffer.from('string' in body ? body.string : '')
}
