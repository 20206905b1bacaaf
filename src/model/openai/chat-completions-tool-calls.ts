import { AgentError } from '../../core/errors.js'
import { isJsonObject, type JsonObject, parseJson } from '../../core/json.js'
import type { FunctionCallContent } from '../../core/messages.js'
import { parseArguments } from '../parse-arguments.js'
import { toProviderData } from './chat-completions-provider-data.js'

interface PartialCall {
  readonly index: number | undefined
  id: string
  name: string
  arguments: string
  /** What its server wants back with it: Gemini puts the signature of its thoughts here. */
  extraContent: JsonObject | undefined
}

/** How the calls of an answer are read. */
export interface CallReading {
  /** The model that was asked. */
  readonly model: string
  /** Makes the ids that the model did not give. */
  readonly createId: (index: number) => string
  /** Whether the model was stopped while it wrote: what it did not write to the end must not be carried out. */
  readonly isCutOff: boolean
}

/**
 * Puts tool calls together from the pieces in which a stream brings them: the first names the call, the others
 * carry more of its arguments. Pieces belong together by `index`.
 * Wire: OpenAI API reference, "The chat completion chunk object", `choices[].delta.tool_calls`.
 */
export class ToolCallAssembler {
  readonly #calls: PartialCall[] = []

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /** Takes in the `tool_calls` of a delta. @throws {AgentError} `model_error` when they are no list of calls. */
  add(pieces: unknown): void {
    if (pieces === undefined || pieces === null) return
    if (!Array.isArray(pieces)) throw createMalformedCallError()
    for (const piece of pieces) {
      if (!isJsonObject(piece)) throw createMalformedCallError()
      this.#addPiece(piece)
    }
  }

  /** The calls in the order in which the model began them. Of an answer that was cut off, those that came whole. */
  toContents({ model, createId, isCutOff }: CallReading): FunctionCallContent[] {
    const seen = new Set<string>()
    const calls = isCutOff ? this.#calls.filter(isWhole) : this.#calls
    return calls.map((call, index) => {
      if (call.name === '') throw createMalformedCallError()
      // Two calls with one id could not be told apart by their results.
      const callId = call.id === '' || seen.has(call.id) ? createId(index) : call.id
      seen.add(callId)
      const { name, extraContent } = call
      const members = extraContent && { extra_content: extraContent }
      return {
        type: 'functionCall',
        callId,
        name,
        arguments: parseArguments(call.arguments),
        ...(members && { providerData: toProviderData({ model, members }) }),
      }
    })
  }

  #addPiece(piece: JsonObject): void {
    const { index, id, function: body, extra_content: extraContent } = piece
    const written = isJsonObject(body) ? body : {}
    const call = this.#findCall(index, id, written.name) ?? this.#begin(index)
    if (typeof id === 'string' && id !== '') call.id = id
    // Some servers repeat the name in every piece.
    if (typeof written.name === 'string' && call.name === '') call.name = written.name
    if (isJsonObject(extraContent)) call.extraContent = extraContent
    call.arguments += toArgumentText(written.arguments)
  }

  // Servers exist that give every call the index 0, and some that give none: then a new id or a name begins a call.
  #findCall(index: unknown, id: unknown, name: unknown): PartialCall | undefined {
    if (typeof index !== 'number') return isFilled(name) ? undefined : this.#calls.at(-1)
    const call = this.#calls.findLast((other) => other.index === index)
    const isOther = isFilled(id) && call?.id !== '' && call?.id !== id
    return isOther ? undefined : call
  }

  #begin(index: unknown): PartialCall {
    const call: PartialCall = {
      index: typeof index === 'number' ? index : undefined,
      id: '',
      name: '',
      arguments: '',
      extraContent: undefined,
    }
    this.#calls.push(call)
    return call
  }
}

function isWhole(call: PartialCall): boolean {
  return isJsonObject(parseJson(call.arguments))
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function toArgumentText(written: unknown): string {
  if (written === undefined || written === null) return ''
  return typeof written === 'string' ? written : JSON.stringify(written)
}

function createMalformedCallError(): AgentError {
  return new AgentError('model_error', 'The model server sent a tool call that cannot be read.', {
    retryable: true,
  })
}
