import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createErrorBody, sendError, sendJson } from './model-server-http.js'
import type { KnownResponses } from './responses-server-check.js'
import { createOutput, type OutputItem } from './responses-server-items.js'
import type { ResponseStep } from './responses-server-steps.js'
import {
  createEvents,
  createPendingResponse,
  createResponse,
  type NumberedEvent,
  type ResponseContext,
  toNamedEvent,
} from './responses-server-wire.js'

/** A response that can be come back to. */
export interface KeptResponse {
  readonly step: ResponseStep
  readonly context: ResponseContext
  readonly events: readonly NumberedEvent[]
  readonly output: readonly OutputItem[]
  /** How many connections were broken, and how often somebody looked. */
  breaks: number
  looks: number
  isCancelled: boolean
}

/** The responses that the server has made. */
export class ResponseShelf {
  readonly #responses = new Map<string, KeptResponse>()
  readonly #eventDelayMs: number
  #isReleased = false
  readonly #news = new EventEmitter().setMaxListeners(0)

  /** Waits so long before each event that it sends. */
  constructor(eventDelayMs: number) {
    this.#eventDelayMs = eventDelayMs
  }

  add(step: ResponseStep, context: ResponseContext): KeptResponse {
    const events = createEvents(step, context)
    const output = createOutput(step, context)
    const kept = { step, context, events, output, breaks: 0, looks: 0, isCancelled: false }
    this.#responses.set(`resp_${context.number}`, kept)
    return kept
  }

  /** A response that is kept at the asker's wish. */
  find(id: string): KeptResponse | undefined {
    const kept = this.#responses.get(id)
    return kept?.context.body.store === false ? undefined : kept
  }

  release(): void {
    this.#isReleased = true
    this.#announce()
  }

  forget(): void {
    this.#responses.clear()
  }

  /** As it stands right after it was asked for in the background. */
  lookFirst({ context }: KeptResponse): object {
    return createPendingResponse(context, 'queued')
  }

  /** As it stands for whoever looks; looking is what time is here. */
  look(kept: KeptResponse): object {
    const { context, step } = kept
    if (kept.isCancelled) return createPendingResponse(context, 'cancelled')
    kept.looks += 1
    const isOpen = kept.looks <= (step.polls ?? 0) || this.#isHeld(kept)
    return isOpen ? createPendingResponse(context, 'in_progress') : createResponse(step, context)
  }

  cancel(kept: KeptResponse, response: ServerResponse): void {
    const { context, step } = kept
    if (!context.body.background) {
      const body = createErrorBody('Cannot cancel a synchronous response.')
      sendError(response, { status: 400, body })
      return
    }
    const hasEnded = !this.#isHeld(kept) && kept.looks >= (step.polls ?? 0)
    if (!hasEnded) kept.isCancelled = true
    this.#announce()
    sendJson(response, 200, this.look(kept))
  }

  /** Sends the events after one of them, as far as the script lets it. */
  async stream(kept: KeptResponse, response: ServerResponse, after: number): Promise<void> {
    const { step, events, context } = kept
    if (!context.body.stream) {
      const body = createErrorBody('Only responses that were created with stream=true can be streamed.')
      return sendError(response, { status: 400, body })
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    })
    response.flushHeaders()
    const cut = step.hangUps?.[kept.breaks]
    const end = Math.min(events.length, cut === undefined ? events.length : after + 1 + cut)
    const held = this.#isHeld(kept) ? Math.min(end, step.holdAfterEvents ?? end) : end
    await this.#write(response, events.slice(after + 1, held))
    if (held < end) await this.#wait(kept, response)
    if (response.destroyed) return
    await this.#write(response, kept.isCancelled ? [] : events.slice(Math.max(held, after + 1), end))
    if (cut === undefined || end === events.length) return void response.end()
    kept.breaks += 1
    response.destroy()
  }

  toKnown({ reasons, key }: Pick<KnownResponses, 'reasons' | 'key'>): KnownResponses {
    return {
      reasons,
      key,
      isKept: (id) => this.find(id) !== undefined,
      callsOf: (id) => this.#callsOf(id),
      reasoningBefore: (id) => this.#reasoningBefore(id),
    }
  }

  #callsOf(id: string | undefined): readonly string[] {
    const kept = id === undefined ? undefined : this.find(id)
    if (kept === undefined) return []
    const calls = kept.output.flatMap(({ call_id }) => (typeof call_id === 'string' ? [call_id] : []))
    return [...this.#callsOf(kept.context.body.previous_response_id), ...calls]
  }

  #reasoningBefore(id: string): string | undefined {
    for (const { output } of this.#responses.values()) {
      const index = output.findIndex((item) => item.id === id)
      const before = output[index - 1]
      if (before?.type === 'reasoning') return before.id
    }
    return undefined
  }

  #isHeld({ step, isCancelled }: KeptResponse): boolean {
    return step.holdAfterEvents !== undefined && !this.#isReleased && !isCancelled
  }

  async #wait(kept: KeptResponse, response: ServerResponse): Promise<void> {
    const gone = once(response, 'close')
    while (this.#isHeld(kept) && !response.destroyed) await Promise.race([once(this.#news, 'change'), gone])
  }

  #announce(): void {
    this.#news.emit('change')
  }

  async #write(response: ServerResponse, events: readonly NumberedEvent[]): Promise<void> {
    const pieces = events.map(toNamedEvent)
    const batches = this.#eventDelayMs > 0 ? pieces : [pieces.join('')]
    for (const text of batches) {
      if (this.#eventDelayMs > 0) await delay(this.#eventDelayMs)
      if (text === '' || response.destroyed) return
      await new Promise((resolve) => response.write(text, resolve))
    }
  }
}
