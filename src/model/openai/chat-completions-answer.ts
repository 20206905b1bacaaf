import { AgentError } from '../../core/errors.js'
import { isJsonObject, type JsonObject, readObject } from '../../core/json.js'
import {
  type ChatMessage,
  type Content,
  noUsage,
  type ReasoningContent,
  type Usage,
} from '../../core/messages.js'
import { createCallId } from '../call-ids.js'
import type { ChatEvent, FinishReason } from '../chat-client.js'
import { toUsage } from '../to-usage.js'
import { type ReasoningMember, toProviderData } from './chat-completions-provider-data.js'
import { ToolCallAssembler } from './chat-completions-tool-calls.js'

/** What an answer answers. */
export interface AskedQuestion {
  /** The model that was asked. */
  readonly model: string
  readonly messages: readonly ChatMessage[]
}

/**
 * Puts one answer together from the chunks of a Chat Completions stream, or from one whole completion.
 * Reads what compatible servers are known to send, not only what the reference promises.
 * Wire: OpenAI API reference, "The chat completion chunk object" and "The chat completion object".
 */
export class ChatCompletionsAnswer {
  readonly #asked: AskedQuestion
  readonly #calls = new ToolCallAssembler()
  #text = ''
  #reasoning = ''
  #reasoningMember: ReasoningMember | undefined
  #refusal = ''
  #model = ''
  #id: string | undefined
  #usage: Usage = noUsage
  #finish: string | undefined
  #hasBegun = false

  constructor(asked: AskedQuestion) {
    this.#asked = asked
  }

  /** Whether the server has said why it stopped: nothing but the usage can follow. */
  get hasEnded(): boolean {
    return this.#finish !== undefined
  }

  /** Takes in the next chunk, or a whole completion; returns the deltas in it. @throws {AgentError} `model_error` when it is neither. */
  add(chunk: unknown): readonly ChatEvent[] {
    if (!isJsonObject(chunk)) throw createMalformedError()
    this.#hasBegun = true
    if (typeof chunk.model === 'string' && chunk.model !== '') this.#model = chunk.model
    if (typeof chunk.id === 'string' && chunk.id !== '') this.#id = chunk.id
    this.#usage = readUsage(chunk.usage) ?? this.#usage
    const choice = readChoice(chunk)
    if (choice === undefined) return []
    const { finish_reason: reason } = choice
    // Servers exist that say "" until they have a reason.
    if (typeof reason === 'string' && reason !== '') this.#finish = reason
    // A whole message reads like one big delta.
    return this.#addDelta(choice.message ?? choice.delta)
  }

  /** The whole answer. @throws {AgentError} `model_error`, retryable, when the server never said that it was done. */
  complete(): ChatEvent {
    if (!this.#hasBegun) throw createUnfinishedError(noAnswer)
    const finishReason = toFinishReason(this.#finish, !this.#calls.isEmpty)
    const isSilent = this.#text === '' && this.#refusal === '' && this.#calls.isEmpty
    if (isSilent && (this.#finish === 'tool_calls' || this.#finish === 'function_call'))
      throw createUnfinishedError('The model server said that its model calls tools, and named none.')
    return {
      type: 'completed',
      message: { role: 'assistant', contents: this.#toContents(finishReason) },
      usage: this.#usage,
      finishReason,
      model: this.#model || this.#asked.model,
      ...(this.#id === undefined ? {} : { responseId: this.#id }),
    }
  }

  #addDelta(delta: unknown): ChatEvent[] {
    if (delta === undefined || delta === null) return []
    if (!isJsonObject(delta)) throw createMalformedError()
    const member = reasoningMembers.find((name) => readText(delta[name]) !== '')
    const reasoning = member === undefined ? '' : readText(delta[member])
    this.#reasoningMember ??= member
    const text = readText(delta.content)
    this.#reasoning += reasoning
    this.#text += text
    this.#refusal += readText(delta.refusal)
    this.#calls.add(delta.tool_calls)
    const events: ChatEvent[] = []
    if (reasoning !== '') events.push({ type: 'reasoning', text: reasoning })
    if (text !== '') events.push({ type: 'text', text })
    return events
  }

  #toContents(finishReason: FinishReason): Content[] {
    const isCutOff = finishReason === 'length' || finishReason === 'content_filter'
    const { model, messages } = this.#asked
    const createId = (index: number) => createCallId(messages, index)
    const calls = this.#calls.toContents({ model, createId, isCutOff })
    const contents: Content[] = []
    if (this.#reasoning !== '') contents.push(this.#toReasoning(calls.length > 0))
    if (this.#text !== '') contents.push({ type: 'text', text: this.#text })
    contents.push(...calls)
    if (this.#refusal !== '') contents.push({ type: 'error', message: this.#refusal, errorCode: 'refusal' })
    return contents
  }

  // Servers want reasoning back that led to calls; what led to an answer is of no further use to them.
  #toReasoning(hasCalls: boolean): ReasoningContent {
    const reasoning = { type: 'reasoning', text: this.#reasoning } as const
    if (!hasCalls) return reasoning
    const providerData = toProviderData({ model: this.#asked.model, member: this.#reasoningMember })
    return { ...reasoning, providerData }
  }
}

/** Web pages have no lines that a stream of events would have, and neither have empty answers. */
const noAnswer =
  'The model server sent no answer. Is its address that of a Chat Completions API, version included (mostly /v1)?'

const reasoningMembers: readonly ReasoningMember[] = ['reasoning_content', 'reasoning']

/** An error for an answer that cannot be read; it may well be readable the next time. */
function createMalformedError(): AgentError {
  const message = 'The model server sent an answer that is no Chat Completions answer.'
  return new AgentError('model_error', message, { retryable: true })
}

function readChoice(chunk: JsonObject): JsonObject | undefined {
  const { choices } = chunk
  if (choices === undefined || choices === null) return undefined
  if (!Array.isArray(choices)) throw createMalformedError()
  // Chunks without a choice are real: Azure's content filter results come first, the usage comes last.
  if (!choices.every(isJsonObject)) throw createMalformedError()
  // Of several answers the first is told: a second one would get into its words.
  return choices.find(({ index }) => typeof index !== 'number' || index <= 0)
}

function readText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw createMalformedError()
  return value.map((part) => (isJsonObject(part) ? readText(part.text) : '')).join('')
}

function readUsage(usage: unknown): Usage | undefined {
  if (!isJsonObject(usage)) return undefined
  return toUsage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, {
    cached: readObject(usage.prompt_tokens_details)?.cached_tokens,
    reasoning: readObject(usage.completion_tokens_details)?.reasoning_tokens,
  })
}

function toFinishReason(reason: string | undefined, hasCalls: boolean): FinishReason {
  switch (reason) {
    case undefined:
      throw createUnfinishedError('The model server ended its answer without a finish reason.')
    case 'error':
    case 'insufficient_system_resource':
      throw createUnfinishedError(`The model server gave up on its answer (${reason}).`)
    case 'length':
    case 'content_filter':
      return reason
    default:
      // A forced tool call ends with "stop" at OpenAI, and other servers have reasons of their own.
      return hasCalls ? 'tool_calls' : 'stop'
  }
}

function createUnfinishedError(message: string): AgentError {
  return new AgentError('model_error', message, { retryable: true })
}
