import { randomUUID } from 'node:crypto'
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LoadedFunction } from '../function-definitions.js'
import type { FunctionInvoker, InvocationOutcome } from '../functions.js'
import type { HostLog } from '../log.js'
import { startsLikeObject, toBindingData } from './binding-data.js'
import { writeEmpty } from './function-to-response.js'
import { readContentLength } from './request-body.js'
import type { RequestTarget } from './request-url.js'

export interface StreamProxyOptions {
  /** The library's own server. */
  readonly httpUri: string
  readonly invoker: FunctionInvoker
  readonly log: HostLog
  /** Cuts an exchange in which no byte moved for this long. @default 240000 (Functions host: forwarder activity timeout) */
  readonly idleLimitMs?: number | undefined
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
 * When the client leaves, the function runs on, as in Azure. When the handler throws or gives nothing, Azure would leave the
 * client hanging; this host answers 500 or 204 and says so.
 */
export function createStreamProxy(options: StreamProxyOptions): StreamProxy {
  const { httpUri, invoker, log, idleLimitMs = 240_000, bodyLimitBytes } = options
  const { hostname, port } = new URL(httpUri)
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
      headers: toForwardedHeaders(request, invocationId, `${hostname}:${port}`),
      setHost: false,
    })
    const exchange = relayAnswer(forward, response)
    const body = await sendBody(request, forward, bodyLimitBytes, () => exchange.answerEmpty(413))
    if (body === 'refused') return exchange.cut()
    const outcome = await invoker.invoke(definition, {
      input: { http: {} },
      triggerMetadata: toBindingData(request, target.search, routeValues, body),
      reason: 'This function was programmatically called via the host APIs.',
      invocationId,
    })
    if (outcome.succeeded && outcome.returnValue === undefined) return exchange.ended
    await finishUnanswered(exchange, outcome, definition.name)
  }

  async function finishUnanswered(
    exchange: Exchange,
    outcome: InvocationOutcome,
    name: string,
  ): Promise<void> {
    // What the library wrote before the handler's stream failed is still on its way through the loopback.
    await nextTurn()
    await nextTurn()
    if (exchange.state() === 'answering') return exchange.cut()
    if (exchange.state() === 'over') return
    const [what, status] = outcome.succeeded
      ? (['returned nothing', 204] as const)
      : (['failed', 500] as const)
    log.write(
      'warning',
      `Function.${name}`,
      `[would hang in Azure] Function '${name}' ${what} with HTTP streaming on: in Azure its caller gets no answer for 240 seconds. This host answers ${status}. Always return a response object.`,
    )
    exchange.answerEmpty(status)
  }

  return { serve, close: () => agent.destroy() }
}

type ExchangeState = 'waiting' | 'answering' | 'over'

/** The client's side of a forwarded request. */
interface Exchange {
  /** Settles when the client's response is over, however it ends. */
  readonly ended: Promise<void>
  state(): ExchangeState
  answerEmpty(status: number): void
  /** Breaks the connection: a client must not take part of an answer for all of it. */
  cut(): void
}

function relayAnswer(forward: ClientRequest, response: ServerResponse): Exchange {
  const ended = new Promise<void>((resolve) => response.once('close', resolve))
  let state: ExchangeState = 'waiting'
  function cut(): void {
    state = 'over'
    forward.destroy()
    if (!response.writableEnded) response.destroy()
  }
  function answerEmpty(status: number): void {
    state = 'over'
    forward.destroy()
    if (!response.headersSent && !response.destroyed) writeEmpty(response, status)
  }
  forward.once('response', (answer) => {
    if (state === 'over') return
    state = 'answering'
    if (response.destroyed) {
      answer.resume()
      return
    }
    response.writeHead(answer.statusCode ?? 200, toAnswerHeaders(answer, response))
    answer.pipe(response)
    answer.once('error', cut)
    // The function cannot see that the client left; reading on lets its stream come to its own end.
    response.once('close', () => answer.resume())
  })
  forward.once('timeout', cut)
  forward.once('error', () => {
    if (state === 'answering') cut()
    else if (state === 'waiting') answerEmpty(502)
  })
  return { ended, state: () => state, answerEmpty, cut }
}

/**
 * Sends the request's body on. One of declared length that may be a JSON object is read whole first, as binding data needs it;
 * others flow through. Gives the bytes that were kept, or `refused` for a chunked body that grew past the limit.
 */
async function sendBody(
  request: IncomingMessage,
  forward: ClientRequest,
  limitBytes: number,
  refuse: () => void,
): Promise<Buffer | 'refused' | undefined> {
  const length = readContentLength(request)
  if (length === undefined && request.headers['transfer-encoding'] !== undefined) {
    pipeLimited(request, forward, limitBytes, refuse)
    return undefined
  }
  if (length === undefined || length === 0) {
    forward.end()
    return undefined
  }
  return sendKnownLength(request, forward)
}

function sendKnownLength(
  request: IncomingMessage,
  forward: ClientRequest,
): Promise<Buffer | 'refused' | undefined> {
  return new Promise((resolve) => {
    const kept: Buffer[] = []
    request.once('close', () => {
      if (request.complete) return
      forward.destroy()
      resolve('refused')
    })
    request.on('data', function keep(chunk: Buffer) {
      if (kept.length === 0 && !startsLikeObject(chunk)) {
        request.off('data', keep)
        forward.write(chunk)
        request.pipe(forward)
        resolve(undefined)
      } else kept.push(chunk)
    })
    request.once('end', () => {
      if (kept.length === 0) return
      const body = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept)
      forward.end(body)
      resolve(body)
    })
  })
}

function pipeLimited(
  request: IncomingMessage,
  forward: ClientRequest,
  limitBytes: number,
  refuse: () => void,
): void {
  let received = 0
  request.on('data', function count(chunk: Buffer) {
    received += chunk.length
    if (received <= limitBytes) return
    request.off('data', count)
    request.unpipe(forward)
    request.resume()
    refuse()
  })
  request.pipe(forward)
  request.once('close', () => {
    if (!request.complete) forward.destroy()
  })
}

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

/** The client's headers without those that belong to one connection, and the three that the library asks for. */
function toForwardedHeaders(request: IncomingMessage, invocationId: string, host: string): string[] {
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
function toAnswerHeaders(answer: IncomingMessage, response: ServerResponse): string[] {
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
