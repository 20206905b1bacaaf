import { isJsonObject, type JsonObject, readObject } from '../../core/json.js'
import { type Content, noUsage, type Usage } from '../../core/messages.js'
import type { ChatEvent, FinishReason } from '../chat-client.js'
import { toUsage } from '../to-usage.js'
import {
  createCancelledError,
  createMalformedResponseError,
  createUnfinishedResponseError,
  toResponseFailure,
} from './responses-failure.js'
import { toContents } from './responses-output.js'

/** What an answer answers. */
export interface AskedResponse {
  /** The model that was asked. */
  readonly model: string
  /** Whether the provider keeps the response, so that the next request may name it. */
  readonly chains: boolean
}

/**
 * Puts one answer together from the events of a Responses stream, or from one whole response.
 * Wire: OpenAI API reference, "Streaming events" and "The response object".
 */
export class ResponsesAnswer {
  readonly #asked: AskedResponse
  /** Finished items by their place in the output. */
  readonly #items = new Map<number, JsonObject>()
  #response: JsonObject | undefined
  #status: unknown
  #sequence: number | undefined

  constructor(asked: AskedResponse) {
    this.#asked = asked
  }

  /** The response's id, as soon as it is known. */
  get id(): string | undefined {
    return typeof this.#response?.id === 'string' ? this.#response.id : undefined
  }

  /** The number of the last event. */
  get sequence(): number | undefined {
    return this.#sequence
  }

  /** Whether the provider is done with it, for better or worse. */
  get hasEnded(): boolean {
    return this.#response !== undefined && this.#status !== 'queued' && this.#status !== 'in_progress'
  }

  /** Takes in the next event; returns the delta in it. @throws {AgentError} when it is none, or says that the response has failed. */
  addEvent(event: unknown): ChatEvent | undefined {
    if (!isJsonObject(event)) throw createMalformedResponseError()
    if (typeof event.sequence_number === 'number') this.#sequence = event.sequence_number
    if (event.type === 'error') throw toResponseFailure(event)
    if (isJsonObject(event.response)) this.#setResponse(event.response, toStatus(event.type))
    if (event.type === 'response.output_item.done') this.#addItem(event)
    return toDelta(event)
  }

  /** Takes in where the whole response stands. */
  addResponse(response: unknown): void {
    if (!isJsonObject(response)) throw createMalformedResponseError()
    this.#setResponse(response, undefined)
  }

  /** The deltas of a response that came whole. */
  toDeltas(): readonly ChatEvent[] {
    return this.#toContents().flatMap((content): ChatEvent[] => {
      const isSpoken = content.type === 'text' || content.type === 'reasoning'
      return isSpoken && content.text !== '' ? [{ type: content.type, text: content.text }] : []
    })
  }

  /** The whole answer. @throws {AgentError} why there is none; retryable when asking again may help. */
  complete(): ChatEvent {
    const response = this.#response
    if (response === undefined || !this.hasEnded) throw createUnfinishedResponseError()
    if (this.#status === 'failed') throw toResponseFailure(readObject(response.error))
    if (this.#status === 'cancelled') throw createCancelledError()
    const contents = this.#toContents()
    const hasCalls = contents.some(({ type }) => type === 'functionCall')
    return {
      type: 'completed',
      message: { role: 'assistant', contents },
      usage: readUsage(response.usage),
      finishReason: toFinishReason(response, this.#status, hasCalls),
      model: typeof response.model === 'string' && response.model !== '' ? response.model : this.#asked.model,
      ...(this.id === undefined ? {} : { responseId: this.id }),
    }
  }

  /** Servers exist that tell the status by the event alone. */
  #setResponse(response: JsonObject, told: string | undefined): void {
    this.#response = response
    this.#status = response.status ?? told
  }

  #addItem({ output_index: index, item }: JsonObject): void {
    if (typeof index !== 'number' || !isJsonObject(item)) throw createMalformedResponseError()
    this.#items.set(index, item)
  }

  // The items of the events come first: only there is encrypted reasoning promised to be whole.
  #toContents() {
    const output = Array.isArray(this.#response?.output) ? this.#response.output.filter(isJsonObject) : []
    const items = new Map([...output.entries(), ...this.#items])
    const response = this.#asked.chains ? this.id : undefined
    const contents = [...items].sort(([a], [b]) => a - b).flatMap(([, item]) => toContents(item, response))
    // Servers exist that do not say of a call itself that it was cut off.
    return this.#status === 'incomplete' ? contents.filter((content) => !isTorn(content)) : contents
  }
}

function isTorn(content: Content): boolean {
  return content.type === 'functionCall' && typeof content.arguments === 'string'
}

function toDelta({ type, delta, summary_index: part }: JsonObject): ChatEvent | undefined {
  switch (type) {
    case 'response.output_text.delta':
      return typeof delta === 'string' && delta !== '' ? { type: 'text', text: delta } : undefined
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return typeof delta === 'string' && delta !== '' ? { type: 'reasoning', text: delta } : undefined
    case 'response.reasoning_summary_part.added':
      return typeof part === 'number' && part > 0 ? { type: 'reasoning', text: '\n\n' } : undefined
    default:
      return undefined
  }
}

/** The status that an event tells of its response; `undefined` when that has ended well. */
function toStatus(type: unknown): string | undefined {
  switch (type) {
    case 'response.created':
    case 'response.queued':
    case 'response.in_progress':
      return 'in_progress'
    case 'response.incomplete':
      return 'incomplete'
    case 'response.failed':
      return 'failed'
    default:
      return undefined
  }
}

function toFinishReason(
  { incomplete_details: details }: JsonObject,
  status: unknown,
  hasCalls: boolean,
): FinishReason {
  if (status !== 'incomplete') return hasCalls ? 'tool_calls' : 'stop'
  return readObject(details)?.reason === 'content_filter' ? 'content_filter' : 'length'
}

function readUsage(usage: unknown): Usage {
  if (!isJsonObject(usage)) return noUsage
  return toUsage(usage.input_tokens, usage.output_tokens, usage.total_tokens, {
    cached: readObject(usage.input_tokens_details)?.cached_tokens,
    reasoning: readObject(usage.output_tokens_details)?.reasoning_tokens,
  })
}
