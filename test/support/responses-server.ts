import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createErrorBody,
  type ListeningServer,
  listen,
  type RecordedCall,
  readText,
  recordCall,
  send,
  sendError,
  sendJson,
} from './model-server-http.js'
import { findResponsesMistake } from './responses-server-check.js'
import { ResponseShelf } from './responses-server-shelf.js'
import {
  type ResponsesRequestBody,
  type ResponsesRule,
  type ResponsesStep,
  readItemText,
  toInputItems,
} from './responses-server-steps.js'

export interface ResponsesServerOptions {
  /** The steps in the order of the requests, after which every request is refused; or a rule. */
  readonly script: readonly ResponsesStep[] | ResponsesRule
  /** @default any free one */
  readonly port?: number
  /** Number of pieces that a text is streamed in. @default 10 */
  readonly chunks?: number
  /** Wait before each event. @default 0, and then all events leave together */
  readonly eventDelayMs?: number
  /** Whether the model thinks; others refuse to encrypt what they think. @default true */
  readonly reasons?: boolean
  /** Whose reasoning the server can read. @default 'a' */
  readonly key?: string
}

export interface ResponsesServer extends ListeningServer {
  /** Requests for new responses so far, in the order in which they came: what is paid for. */
  readonly requests: readonly RecordedCall<ResponsesRequestBody>[]
  /** Other requests so far, as `GET /v1/responses/resp_1?stream=true`. */
  readonly visits: readonly string[]
  /** Lets held responses go on, those that come included. */
  release(): void
  /** Forgets all responses. */
  forget(): void
}

/**
 * A server on 127.0.0.1 that speaks the Responses API, background mode included, and does as its script says.
 * `GET /stats` gives the number of requests, so that a test can count calls made by other processes.
 * Wire: OpenAI API reference, "Responses".
 */
export async function startResponsesServer(options: ResponsesServerOptions): Promise<ResponsesServer> {
  const model = new ScriptedResponses(options)
  const server = await listen((request, response) => model.answer(request, response), options.port)
  const { requests, visits, shelf } = model
  return { ...server, requests, visits, release: () => shelf.release(), forget: () => shelf.forget() }
}

class ScriptedResponses {
  readonly requests: RecordedCall<ResponsesRequestBody>[] = []
  readonly visits: string[] = []
  readonly shelf: ResponseShelf
  readonly #options: ResponsesServerOptions
  readonly #counts = new Map<string, number>()

  constructor(options: ResponsesServerOptions) {
    this.#options = options
    this.shelf = new ResponseShelf(options.eventDelayMs ?? 0)
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    if (url === '/stats') {
      const byKey = Object.fromEntries(this.#counts)
      return sendJson(response, 200, { requests: this.requests.length, byKey })
    }
    if (method === 'POST' && url.endsWith('/responses')) return this.#create(request, response)
    this.visits.push(`${method} ${url}`)
    const [, id = '', action] = /\/responses\/([^/?]+)(\/cancel)?/.exec(url) ?? []
    const kept = this.shelf.find(id)
    if (kept === undefined) {
      const body = createErrorBody(`Response with id '${id}' not found.`)
      return sendError(response, { status: 404, body })
    }
    if (method === 'POST' && action === '/cancel') return this.shelf.cancel(kept, response)
    const query = new URL(url, 'http://localhost').searchParams
    if (query.get('stream') !== 'true') return sendJson(response, 200, this.shelf.look(kept))
    await this.shelf.stream(kept, response, Number(query.get('starting_after') ?? -1))
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await readText(request)) as ResponsesRequestBody
    const number = this.requests.push(recordCall(request, response, body))
    this.#count(body)
    const step = this.#findStep(body, number)
    response.setHeader('x-request-id', `req_${number}`)
    if ('error' in step) return sendError(response, step.error)
    if ('notJson' in step) return send(response, 200, 'text/html; charset=utf-8', step.notJson)
    if (step.delayMs) await delay(step.delayMs)
    const { chunks = 10, key = 'a' } = this.#options
    const encryptedReasoning = body.include?.includes('reasoning.encrypted_content') ?? false
    const kept = this.shelf.add(step, { body, number, chunks, key, encryptedReasoning })
    if (body.stream) return this.shelf.stream(kept, response, -1)
    return sendJson(response, 200, body.background ? this.shelf.lookFirst(kept) : this.shelf.look(kept))
  }

  #count(body: ResponsesRequestBody): void {
    const spoken = toInputItems(body).findLast(({ role }) => role === 'user')
    const key = readItemText(spoken).slice(0, 200)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  #findStep(body: ResponsesRequestBody, number: number): ResponsesStep {
    const { script, reasons = true, key = 'a' } = this.#options
    const mistake = findResponsesMistake(body, this.shelf.toKnown({ reasons, key }))
    if (mistake !== undefined) {
      const { message, status = 400, ...where } = mistake
      return { error: { status, body: createErrorBody(message, where) } }
    }
    const step = typeof script === 'function' ? script(body, number) : script[number - 1]
    const body400 = createErrorBody(`The script has no step for request ${number}`)
    return step ?? { error: { status: 400, body: body400 } }
  }
}
