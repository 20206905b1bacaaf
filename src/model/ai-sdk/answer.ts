import type {
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { AgentError } from '../../core/errors.js'
import { isJsonObject, parseJson } from '../../core/json.js'
import { type Content, noUsage, type ProviderData, type Usage } from '../../core/messages.js'
import type { ChatEvent, FinishReason } from '../chat-client.js'
import { parseArguments } from '../parse-arguments.js'
import { toUsage } from '../to-usage.js'
import { partKey } from './prompt.js'

interface Block {
  readonly type: 'text' | 'reasoning'
  text: string
  providerData: ProviderData | undefined
}

type Metadata = SharedV4ProviderMetadata | undefined

/**
 * Puts one answer together from the parts of an AI SDK stream, or from one whole result.
 * Interface: `LanguageModelV4StreamPart` and `LanguageModelV4GenerateResult` of `@ai-sdk/provider`.
 */
export class AISDKAnswer {
  readonly #contents: (Content | Block)[] = []
  readonly #open = new Map<string, Block>()
  /** Calls whose arguments are no JSON object, or not there. */
  readonly #unfinished = new Set<Content | Block>()
  #model: string
  #id: string | undefined
  #usage: Usage = noUsage
  #finish: LanguageModelV4FinishReason['unified'] | undefined

  constructor(model: string) {
    this.#model = model
  }

  /** Takes in the next part of a stream; returns the delta in it. @throws what the part reports as an error. */
  addPart(part: LanguageModelV4StreamPart): ChatEvent | undefined {
    switch (part.type) {
      case 'text-start':
        return this.#begin('text', part)
      case 'reasoning-start':
        return this.#begin('reasoning', part)
      case 'text-delta':
      case 'text-end':
        return this.#grow('text', part)
      case 'reasoning-delta':
      case 'reasoning-end':
        return this.#grow('reasoning', part)
      case 'response-metadata':
        this.#model = part.modelId ?? this.#model
        this.#id = part.id ?? this.#id
        return undefined
      case 'finish':
        this.#usage = readUsage(part.usage)
        this.#finish = part.finishReason.unified
        return undefined
      case 'error':
        throw part.error
      case 'stream-start':
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'ping':
      case 'raw':
        return undefined
      default:
        this.#add(part)
        return undefined
    }
  }

  /** Takes in a whole result; returns its deltas. */
  addResult({ content, usage, finishReason, response }: LanguageModelV4GenerateResult): readonly ChatEvent[] {
    this.#model = response?.modelId ?? this.#model
    this.#id = response?.id
    this.#usage = readUsage(usage)
    this.#finish = finishReason.unified
    for (const part of content) this.#add(part)
    return this.#contents.flatMap((one): ChatEvent[] =>
      one.type === 'text' || one.type === 'reasoning' ? [{ type: one.type, text: one.text }] : [],
    )
  }

  /** The whole answer. @throws {AgentError} `model_error`, retryable, when the model did not come to an end. */
  complete(): ChatEvent {
    const isCutOff = this.#finish === 'length' || this.#finish === 'content-filter'
    // What the model did not write to the end must not be carried out.
    const whole = isCutOff ? this.#contents.filter((one) => !this.#unfinished.has(one)) : this.#contents
    const contents = whole.flatMap(toFinished)
    const hasCalls = contents.some(({ type }) => type === 'functionCall')
    if (this.#finish === 'tool-calls' && contents.every(({ type }) => type === 'reasoning'))
      throw createBrokenOffError('it calls tools, and named none')
    return {
      type: 'completed',
      message: { role: 'assistant', contents },
      usage: this.#usage,
      finishReason: toFinishReason(this.#finish, hasCalls),
      model: this.#model,
      ...(this.#id === undefined ? {} : { responseId: this.#id }),
    }
  }

  #add(part: LanguageModelV4Content): void {
    const contents = toContents(part)
    this.#contents.push(...contents)
    if (part.type !== 'tool-call' || isJsonObject(parseJson(part.input))) return
    for (const content of contents) this.#unfinished.add(content)
  }

  #begin(
    type: Block['type'],
    part: { readonly id: string; readonly providerMetadata?: Metadata },
  ): undefined {
    const block: Block = { type, text: '', providerData: toProviderData(part.providerMetadata) }
    this.#open.set(`${type}/${part.id}`, block)
    this.#contents.push(block)
  }

  #grow(
    type: Block['type'],
    part: { readonly id: string; readonly delta?: string; readonly providerMetadata?: Metadata },
  ): ChatEvent | undefined {
    if (!this.#open.has(`${type}/${part.id}`)) this.#begin(type, part)
    const block = this.#open.get(`${type}/${part.id}`)
    const { delta = '' } = part
    if (block === undefined) return undefined
    block.text += delta
    // A provider may tell at the end what it wants back of the whole.
    block.providerData = toProviderData(part.providerMetadata) ?? block.providerData
    return delta === '' ? undefined : { type, text: delta }
  }
}

function toFinished(one: Content | Block): Content[] {
  if (one.type !== 'text' && one.type !== 'reasoning') return [one]
  const { type, text, providerData } = one
  if (text === '' && providerData === undefined) return []
  return [providerData === undefined ? { type, text } : { type, text, providerData }]
}

function toContents(part: LanguageModelV4Content): Content[] {
  const providerData = toProviderData(part.type === 'source' ? undefined : part.providerMetadata)
  const given = providerData === undefined ? {} : { providerData }
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return [{ type: part.type, text: part.text, ...given }]
    case 'tool-call': {
      const { toolCallId: callId, toolName: name, input, providerExecuted } = part
      const args = parseArguments(input)
      if (!providerExecuted) return [{ type: 'functionCall', callId, name, arguments: args, ...given }]
      return [
        keep({ type: 'tool-call', toolCallId: callId, toolName: name, input: args, providerExecuted }, part),
      ]
    }
    case 'tool-result': {
      const { toolCallId, toolName, result, isError } = part
      const output = { type: isError ? 'error-json' : 'json', value: result }
      return [keep({ type: 'tool-result', toolCallId, toolName, output }, part)]
    }
    case 'custom':
      return [keep({ type: 'custom', kind: part.kind }, part)]
    case 'file':
      return [toFile(part)]
    // Reasoning in pictures, sources and questions of the provider's own tools have no place in a conversation of ours.
    case 'reasoning-file':
    case 'source':
    case 'tool-approval-request':
      return []
  }
}

/** A part as it goes into the next prompt. */
function keep(part: object, { providerMetadata }: { readonly providerMetadata?: Metadata }): Content {
  const whole = { ...part, ...(providerMetadata && { providerOptions: providerMetadata }) }
  return { type: 'provider', providerData: { [partKey]: { part: JSON.parse(JSON.stringify(whole)) } } }
}

function toFile({ mediaType, data }: Extract<LanguageModelV4Content, { type: 'file' }>): Content {
  if (data.type === 'url') return { type: 'uri', uri: data.url.href, mediaType }
  const base64 = typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64')
  return { type: 'data', uri: `data:${mediaType};base64,${base64}`, mediaType }
}

function toProviderData(metadata: Metadata): ProviderData | undefined {
  return metadata === undefined ? undefined : JSON.parse(JSON.stringify(metadata))
}

function readUsage({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
  return toUsage(inputTokens.total, outputTokens.total, undefined, {
    cached: inputTokens.cacheRead,
    reasoning: outputTokens.reasoning,
  })
}

function toFinishReason(
  reason: LanguageModelV4FinishReason['unified'] | undefined,
  hasCalls: boolean,
): FinishReason {
  switch (reason) {
    case undefined:
    case 'error':
    case 'interrupted':
      throw createBrokenOffError(reason ?? 'no reason given')
    case 'length':
      return 'length'
    case 'content-filter':
      return 'content_filter'
    case 'stop':
    case 'tool-calls':
    case 'other':
      return hasCalls ? 'tool_calls' : 'stop'
  }
}

function createBrokenOffError(why: string): AgentError {
  return new AgentError('model_error', `The model broke off its answer (${why}).`, { retryable: true })
}
