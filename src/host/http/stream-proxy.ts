import { randomUUID } from 'node:crypto'
import diagnosticsChannel from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FunctionInvoker, InvocationOutcome } from '../functions.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import type { HostLog } from '../log.js'
import { toBindingData } from './binding-data.js'
import { type Exchange, openExchange } from './exchange.js'
import { forwardBody } from './forward-body.js'
import { ForwardedRequest } from './forwarded-request.js'
import type { RequestTarget } from './request-url.js'
import { readTraceContext } from './trace-headers.js'

export interface StreamProxyOptions {
  /** The library's own server. */
  readonly server: Server
  readonly invoker: FunctionInvoker
  readonly log: HostLog
  /** Cuts an exchange in which no byte moved for this long. @default 240000 (Functions host: forwarder activity timeout) */
  readonly idleLimitMs?: number | undefined
  /** Longest chunked body; those of declared length are checked before. */
  readonly bodyLimitBytes: number
}

/** One request of a streaming app, routed. */
export interface StreamedCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: RequestTarget
  readonly definition: LoadedFunction
  readonly routeValues: Readonly<Record<string, string>>
}

/** Serves HTTP functions of an app with `enableHttpStream`; resolves when the client has its answer and the invocation is over. */
export type StreamProxy = (call: StreamedCall) => Promise<void>

/**
 * Hands requests to the library's server and runs their invocations at the same time, paired by invocation id
 * (Functions host: HTTP streaming). The library writes its answers straight to the clients, chunk by chunk. Azure's host
 * sends the requests over a connection; here the server is in this process, and its `request` event is all it needs.
 *
 * When the client leaves, the function runs on, as in Azure. When the handler throws or gives nothing, Azure would leave
 * the client hanging; this host answers 500 or 204 and says so.
 */
export function createStreamProxy(options: StreamProxyOptions): StreamProxy {
  const { server, invoker, log, idleLimitMs = 240_000, bodyLimitBytes } = options
  return async ({ request, response, target, definition, routeValues }) => {
    const invocationId = randomUUID()
    const exchange = openExchange(response, idleLimitMs)
    const forwarded = new ForwardedRequest(request, target, invocationId)
    // A body that the function does not read must not jam the client's connection.
    response.once('close', () => forwarded.resume())
    const body = await forwardBody(request, forwarded, bodyLimitBytes, () => exchange.answerEmpty(413))
    if (body === 'lost') return exchange.cut()
    receive(server, forwarded, response)
    const outcome = await invoker.invoke(definition, {
      input: { http: {} },
      triggerMetadata: toBindingData(request, target.search, routeValues, body),
      reason: 'This function was programmatically called via the host APIs.',
      invocationId,
      traceContext: readTraceContext(request),
    })
    if (outcome.succeeded && outcome.returnValue === undefined) return exchange.ended
    await finishUnanswered(exchange, outcome, definition.name, log)
  }
}

/** Node publishes every request that reaches a server here, and apps may rely on it. */
const requestStart = diagnosticsChannel.channel('http.server.request.start')

function receive(server: Server, request: ForwardedRequest, response: ServerResponse): void {
  requestStart.publish({ request, response, socket: request.socket, server })
  server.emit('request', request, response)
}

async function finishUnanswered(
  exchange: Exchange,
  outcome: InvocationOutcome,
  name: string,
  log: HostLog,
): Promise<void> {
  // Node sends what the library wrote before the handler's stream failed at the end of this turn.
  await nextTurn()
  const state = exchange.state()
  if (state === 'answering') exchange.cut()
  if (state !== 'waiting') return
  if (outcome.succeeded || !outcome.timedOut)
    log.write('warning', `Function.${name}`, toHint(name, outcome.succeeded))
  exchange.answerEmpty(outcome.succeeded ? 204 : 500)
}

function toHint(name: string, succeeded: boolean): string {
  const [what, status] = succeeded ? ['returned nothing', 204] : ['failed', 500]
  return `[would hang in Azure] Function '${name}' ${what} with HTTP streaming on: in Azure its caller gets no answer for 240 seconds. This host answers ${status}. Always return a response object.`
}
