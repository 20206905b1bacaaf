import { randomUUID } from 'node:crypto'
import { Agent, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LoadedFunction } from '../function-definitions.js'
import type { FunctionInvoker, InvocationOutcome } from '../functions.js'
import type { HostLog } from '../log.js'
import { toBindingData } from './binding-data.js'
import { type Exchange, relayAnswer } from './exchange.js'
import { forwardBody } from './forward-body.js'
import { toForwardedHeaders } from './forwarded-headers.js'
import type { RequestTarget } from './request-url.js'

export interface StreamProxyOptions {
  /** The library's own server. */
  readonly httpUri: string
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

/** Serves HTTP functions of an app with `enableHttpStream`. */
export interface StreamProxy {
  /** Resolves when the client has its answer and the invocation is over. */
  serve(call: StreamedCall): Promise<void>
  close(): void
}

/**
 * Forwards requests to the library's server and runs their invocations at the same time, paired by invocation id
 * (Functions host: HTTP streaming). Chunks pass as they come, in both directions.
 *
 * When the client leaves, the function runs on, as in Azure. When the handler throws or gives nothing, Azure would leave
 * the client hanging; this host answers 500 or 204 and says so.
 */
export function createStreamProxy(options: StreamProxyOptions): StreamProxy {
  const { httpUri, invoker, log, idleLimitMs = 240_000, bodyLimitBytes } = options
  const { hostname, port, host } = new URL(httpUri)
  // Node sets TCP_NODELAY on the agent's sockets and on the server's: small chunks do not wait for each other.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1024, scheduling: 'lifo', timeout: idleLimitMs })

  async function serve(call: StreamedCall): Promise<void> {
    const { request, response, target, definition, routeValues } = call
    const invocationId = randomUUID()
    const forward = openRequest({
      agent,
      hostname,
      port,
      method: request.method ?? 'GET',
      path: `${target.path}${target.search}`,
      headers: toForwardedHeaders(request, invocationId, host),
      setHost: false,
    })
    const exchange = relayAnswer(forward, response)
    const body = await forwardBody(request, forward, bodyLimitBytes, () => exchange.answerEmpty(413))
    if (body === 'lost') return exchange.cut()
    const outcome = await invoker.invoke(definition, {
      input: { http: {} },
      triggerMetadata: toBindingData(request, target.search, routeValues, body),
      reason: 'This function was programmatically called via the host APIs.',
      invocationId,
    })
    if (outcome.succeeded && outcome.returnValue === undefined) return exchange.ended
    await finishUnanswered(exchange, outcome, definition.name, log)
  }

  return { serve, close: () => agent.destroy() }
}

async function finishUnanswered(
  exchange: Exchange,
  outcome: InvocationOutcome,
  name: string,
  log: HostLog,
): Promise<void> {
  // What the library wrote before the handler's stream failed is still on its way through the loopback.
  await nextTurn()
  await nextTurn()
  if (exchange.state() === 'answering') return exchange.cut()
  if (exchange.state() === 'over') return
  if (outcome.succeeded || !outcome.timedOut)
    log.write('warning', `Function.${name}`, toHint(name, outcome.succeeded))
  exchange.answerEmpty(outcome.succeeded ? 204 : 500)
}

function toHint(name: string, succeeded: boolean): string {
  const [what, status] = succeeded ? ['returned nothing', 204] : ['failed', 500]
  return `[would hang in Azure] Function '${name}' ${what} with HTTP streaming on: in Azure its caller gets no answer for 240 seconds. This host answers ${status}. Always return a response object.`
}
