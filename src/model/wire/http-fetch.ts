import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { HttpAnswer } from './http-answer.js'

/** Node's own, unless another was in its place when this file was loaded. */
const nativeFetch = globalThis.fetch

/**
 * `fetch` by way of `node:http` and its global agents, which costs half of what Node's own does. It asks http and https
 * servers with a text, or nothing, as the body, and accepts no compression (but undoes it). All else is left to `fetch`
 * itself, which is asked the same: redirects, other addresses and bodies, and every call while somebody has put another
 * `fetch` or a dispatcher (a proxy, a mock) in its place.
 * An abort rejects with the signal's reason, also in the middle of the body; what fails otherwise does so with a
 * `TypeError` whose `cause` is the system's error, and a server that cannot be reached within ten seconds counts as that.
 * Wire: WHATWG "Fetch", as far as it shows in what comes out.
 */
export async function fetchByHttp(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const question = isFetchReplaced() ? undefined : toQuestion(input, init)
  if (question === undefined) return fetch(input, init)
  const answer = await ask(question)
  if (!answer.isRedirect) return answer.toResponse()
  answer.leave()
  return fetch(input, init)
}

/** What is asked over HTTP. */
interface Question {
  readonly url: URL
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | undefined
  readonly signal: AbortSignal | undefined
}

/** Where `fetch` looks for its dispatcher, and what Node itself puts there: from Node 26 on the first is used, before it the second. */
const ownDispatchers: readonly (readonly [place: symbol, names: readonly string[]])[] = [
  [Symbol.for('undici.globalDispatcher.2'), ['Agent']],
  [Symbol.for('undici.globalDispatcher.1'), ['Agent', 'Dispatcher1Wrapper']],
]

function isFetchReplaced(): boolean {
  return globalThis.fetch !== nativeFetch || ownDispatchers.some(isDispatcherReplaced)
}

function isDispatcherReplaced([place, names]: (typeof ownDispatchers)[number]): boolean {
  const dispatcher: unknown = Reflect.get(globalThis, place)
  if (typeof dispatcher !== 'object' || dispatcher === null) return false
  return !names.includes(dispatcher.constructor?.name ?? '')
}

function toQuestion(input: string | URL | Request, init: RequestInit): Question | undefined {
  const { method = 'GET', headers } = init
  const body = init.body ?? undefined
  if (input instanceof Request || (body !== undefined && typeof body !== 'string')) return undefined
  const url = new URL(input)
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  return { url, method, headers: toHeaders(headers, body), body, signal: init.signal ?? undefined }
}

function toHeaders(given: RequestInit['headers'], body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers[name] = value
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body))
  return headers
}

/** Waits until the answer begins. */
function ask({ url, body, signal, ...options }: Question): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    // By way of the module, so that tools which watch its calls see these.
    const request = (url.protocol === 'https:' ? https : http).request(url, options)
    const abort = () => {
      reject(signal?.reason)
      request.destroy()
    }
    signal?.addEventListener('abort', abort)
    const end = () => signal?.removeEventListener('abort', abort)
    request.once('response', (message) => {
      end()
      resolve(new HttpAnswer(message, signal))
    })
    request.on('error', (cause) => {
      end()
      reject(new TypeError('fetch failed', { cause }))
    })
    request.once('socket', (socket) => {
      limitConnecting(socket, url, request)
      socket.once('free', () => limitIdleness(socket))
    })
    request.end(body)
  })
}

/** As long as Node's own fetch waits for a connection; ms. */
const connectTimeoutMs = 10_000

/** A host that swallows what is sent to it should not be waited for as long as one that thinks. */
function limitConnecting(socket: Socket, { protocol }: URL, request: http.ClientRequest): void {
  if (!socket.connecting) return
  const timer = setTimeout(() => request.destroy(createConnectTimeout()), connectTimeoutMs)
  const end = () => clearTimeout(timer)
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', end).once('close', end)
}

/** Shorter than the five seconds of silence after which many a server hangs up, so that no call crosses that on its way; ms. */
const idleTimeoutMs = 4_000

function limitIdleness(socket: Socket): void {
  const { timeout = 0 } = socket
  if (timeout === 0 || timeout > idleTimeoutMs) socket.setTimeout(idleTimeoutMs)
}

function createConnectTimeout(): Error {
  const message = `The connection timed out after ${connectTimeoutMs} ms.`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}
