import type {
  FunctionTool,
  ResponseCreateParams,
  ResponseIncludable,
  ResponseTextConfig,
  ToolChoiceFunction,
  ToolChoiceOptions,
} from 'openai/resources/responses/responses'
import { isJsonObject, type JsonObject } from '../../core/json.js'
import { type ChatMessage, type ToolChoice, toText } from '../../core/messages.js'
import type { ChatRequest, ResponseFormat, ToolDeclaration } from '../chat-client.js'
import { toResponsesInput } from './responses-input.js'
import { readItemData } from './responses-provider-data.js'

/** How a request is to be answered. */
export interface ResponsesTarget {
  /** Name of the model or deployment. */
  readonly model: string
  /** Whether the answer comes event by event. */
  readonly stream: boolean
  /** Whether the provider keeps the response. */
  readonly store: boolean
  /** Whether a conversation that the provider keeps is only added to. */
  readonly chains: boolean
  /** Whether reasoning is to come back encrypted, to be sent along next time. */
  readonly encryptedReasoning: boolean
  /** Whether the reasoning of earlier answers is sent along. */
  readonly sendsReasoning: boolean
}

/**
 * The body of a Responses request. What the request leaves open is left out, so that the provider's default holds.
 * Members of `providerOptions` are sent as they are, except where the request itself sets them.
 * Wire: OpenAI API reference, "Create a model response".
 */
export function toResponsesBody(request: ChatRequest, target: ResponsesTarget): ResponseCreateParams {
  const { providerOptions = {}, background = false } = request
  const { model, stream, store, encryptedReasoning } = target
  const include = toInclude(providerOptions, encryptedReasoning)
  return {
    ...providerOptions,
    ...toSampling(request),
    ...toTooling(request),
    ...(request.responseFormat && { text: toTextConfig(providerOptions, request.responseFormat) }),
    ...(include.length > 0 && { include }),
    ...(background && { background }),
    ...toConversation(request.messages, target),
    model,
    store,
    stream,
  }
}

/** Instructions are sent each time, as the provider does not carry them over; of the rest, what it does not have yet. */
function toConversation(messages: readonly ChatMessage[], { chains, sendsReasoning }: ResponsesTarget) {
  const begin = messages.findIndex(({ role }) => role !== 'system')
  if (begin === -1) return { input: toResponsesInput(messages, { sendsReasoning }) }
  const known = chains ? findKnownResponse(messages) : undefined
  return {
    ...(begin > 0 && { instructions: toInstructions(messages.slice(0, begin)) }),
    ...(known !== undefined && { previous_response_id: known.response }),
    input: toResponsesInput(messages.slice(known === undefined ? begin : known.index + 1), {
      sendsReasoning,
    }),
  }
}

function toInstructions(messages: readonly ChatMessage[]): string {
  return messages.map(({ contents }) => toText(contents)).join('\n\n')
}

/** The last answer that the provider keeps. */
function findKnownResponse(messages: readonly ChatMessage[]) {
  for (let index = messages.length - 1; index >= 0; index--) {
    for (const content of messages[index]?.contents ?? []) {
      const { response } = readItemData(content)
      if (response !== undefined) return { index, response }
    }
  }
  return undefined
}

function toSampling({ temperature, topP, maxOutputTokens }: ChatRequest) {
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
  }
}

function toTooling({ tools = [], toolChoice, providerOptions = {} }: ChatRequest) {
  if (tools.length === 0) return {}
  const own = Array.isArray(providerOptions.tools) ? providerOptions.tools : []
  return {
    tools: [...own, ...tools.map(toTool)],
    ...(toolChoice !== undefined && { tool_choice: toToolChoice(toolChoice) }),
  }
}

// Left out, `strict` would mean true here, and optional parameters would be refused.
function toTool({ name, description, parameters, strict = false }: ToolDeclaration): FunctionTool {
  return { type: 'function', name, description, parameters: { ...parameters }, strict }
}

function toToolChoice(choice: ToolChoice): ToolChoiceOptions | ToolChoiceFunction {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name }
}

function toTextConfig({ text }: JsonObject, { name, schema, strict }: ResponseFormat): ResponseTextConfig {
  const format = { type: 'json_schema' as const, name, schema: { ...schema } }
  return {
    ...(isJsonObject(text) && text),
    format: strict === undefined ? format : { ...format, strict },
  }
}

function toInclude({ include }: JsonObject, encryptedReasoning: boolean): ResponseIncludable[] {
  const own = Array.isArray(include) ? (include as ResponseIncludable[]) : []
  if (!encryptedReasoning || own.includes('reasoning.encrypted_content')) return own
  return [...own, 'reasoning.encrypted_content']
}
