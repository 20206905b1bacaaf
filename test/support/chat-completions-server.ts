import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { findRequestMistake } from './chat-completions-server-check.js'
import { demoRule } from './chat-completions-server-rules.js'
import {
  type AnswerStep,
  type ChatCompletionsRequestBody,
  type ErrorStep,
  type Rule,
  readMessageText,
  type Step,
} from './chat-completions-server-steps.js'
import { type AnswerContext, createChunkEvents, createCompletion } from './chat-completions-server-wire.js'
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

export interface ChatCompletionsServerOptions {
  /** The steps in the order of the requests, after which every request is refused; or a rule. @default demoRule */
  readonly script?: readonly Step[] | Rule
  /** @default any free one */
  readonly port?: number
  /** Number of pieces that a text is streamed in. @default 10 */
  readonly chunks?: number
  /** Wait before each chunk. @default 0, and then all chunks leave together */
  readonly chunkDelayMs?: number
  /** Wait before each answer begins. @default 0 */
  readonly latencyMs?: number
  /** Whether to keep the requests; counts are kept anyway. @default true */
  readonly record?: boolean
}

export type RecordedRequest = RecordedCall<ChatCompletionsRequestBody>

export interface ServerStats {
  /** Number of model calls. */
  readonly requests: number
  /** The same by the text of the last user message, its first 200 characters. */
  readonly byKey: Readonly<Record<string, number>>
}

export interface ChatCompletionsServer extends ListeningServer {
  /** The model calls so far, in the order in which they came. */
  readonly requests: readonly RecordedRequest[]
  stats(): ServerStats
}

/**
 * A server on 127.0.0.1 that speaks the Chat Completions API and does as its script says. `GET /stats` gives
 * {@link ServerStats}, so that a test can count calls made by other processes.
 * Wire: OpenAI API reference, "Chat Completions".
 */
export async function startChatCompletionsServer(
  options: ChatCompletionsServerOptions = {},
): Promise<ChatCompletionsServer> {
  const model = new ScriptedModel(options)
  const server = await listen((request, response) => model.answer(request, response), options.port)
  return { ...server, requests: model.requests, stats: () => model.stats() }
}

class ScriptedModel {
  readonly requests: RecordedRequest[] = []
  readonly #rule: Rule
  readonly #options: ChatCompletionsServerOptions
  readonly #counts = new Map<string, number>()
  #calls = 0

  constructor(options: ChatCompletionsServerOptions) {
    const { script = demoRule } = options
    this.#options = options
    this.#rule =
      typeof script === 'function' ? script : (_body, call) => script[call - 1] ?? createOverrun(call)
  }

  stats(): ServerStats {
    return { requests: this.#calls, byKey: Object.fromEntries(this.#counts) }
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    if (method === 'GET' && url === '/stats') return sendJson(response, 200, this.stats())
    if (method !== 'POST' || !url.endsWith('/chat/completions')) {
      return sendError(response, { status: 404, body: createErrorBody(`Unknown path ${url}`) })
    }
    const body = JSON.parse(await readText(request)) as ChatCompletionsRequestBody
    this.#calls += 1
    const callNumber = this.#calls
    this.#count(request, response, body)
    const mistake = findRequestMistake(body)
    const step = mistake === undefined ? this.#rule(body, callNumber) : createRefusal(mistake)
    await this.#perform(step, response, { body, callNumber, chunks: this.#options.chunks ?? 10 })
  }

  #count(request: IncomingMessage, response: ServerResponse, body: ChatCompletionsRequestBody) {
    const spoken = body.messages?.findLast(({ role }) => role === 'user')
    const key = readMessageText(spoken).slice(0, 200)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    if (this.#options.record !== false) this.requests.push(recordCall(request, response, body))
  }

  async #perform(step: Step, response: ServerResponse, context: AnswerContext): Promise<void> {
    const waitMs = (step.delayMs ?? 0) + (this.#options.latencyMs ?? 0)
    if (waitMs > 0) await delay(waitMs)
    response.setHeader('x-request-id', `req_${context.callNumber}`)
    if ('error' in step) return sendError(response, step.error)
    if ('notJson' in step) return send(response, 200, 'text/html; charset=utf-8', step.notJson)
    if (context.body.stream !== true) return sendJson(response, 200, createCompletion(step, context))
    await this.#stream(step, response, createChunkEvents(step, context))
  }

  async #stream(step: AnswerStep, response: ServerResponse, events: string[]): Promise<void> {
    const { hangUpAfterChunks, holdAfterChunks, malformedChunk = false } = step
    if (malformedChunk) events.splice(1, 0, 'data: {"id":"chatcmpl-bad","choices":[{"del\n\n')
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    })
    const cut = hangUpAfterChunks ?? holdAfterChunks
    if (cut === undefined) return this.#writeAll([...events, 'data: [DONE]\n\n'], response)
    // Headers alone would be held back until there is something to send.
    response.flushHeaders()
    const sent = events.slice(0, cut).join('')
    if (sent !== '') await new Promise((resolve) => response.write(sent, resolve))
    if (hangUpAfterChunks !== undefined) response.destroy()
  }

  async #writeAll(events: readonly string[], response: ServerResponse): Promise<void> {
    const { chunkDelayMs = 0 } = this.#options
    if (chunkDelayMs > 0) {
      for (const event of events) {
        await delay(chunkDelayMs)
        if (response.destroyed) return
        response.write(event)
      }
      response.end()
    } else response.end(events.join(''))
  }
}

function createRefusal(message: string): ErrorStep {
  return { error: { status: 400, body: createErrorBody(message) } }
}

// Status 400, because a client must not hide a missing step by trying again.
function createOverrun(callNumber: number): ErrorStep {
  return createRefusal(`The script has no step for call ${callNumber}`)
}
