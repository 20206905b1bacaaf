import type {
  ChatCompletionCreateParams,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
} from 'openai/resources/chat/completions'
import { refuse } from '../../core/check-options.js'
import type { JsonObject } from '../../core/json.js'
import type { ToolChoice } from '../../core/messages.js'
import type { ChatRequest, ResponseFormat, ToolDeclaration } from '../chat-client.js'
import { toChatCompletionsMessages } from './chat-completions-messages.js'

/** How a request is to be answered. */
export interface ChatCompletionsTarget {
  /** Name of the model or deployment. */
  readonly model: string
  /** Whether the answer comes in chunks, the last of them with the usage. */
  readonly stream: boolean
  /** Whether the model gets back what it said itself beside its tool calls. */
  readonly sendsMemberData: boolean
  /** What the limit of the answer's tokens is called: OpenAI has renamed it, and many compatible servers have not. */
  readonly maxTokensName: 'max_tokens' | 'max_completion_tokens'
}

/**
 * The body of a Chat Completions request. What the request leaves open is left out, so that the provider's default
 * holds. Members of `providerOptions` are sent as they are, except where the request itself sets them.
 * Wire: OpenAI API reference, "Create chat completion".
 * @throws {AgentError} `invalid_configuration` when several answers are asked for.
 */
export function toChatCompletionsBody(
  request: ChatRequest,
  { model, stream, sendsMemberData, maxTokensName }: ChatCompletionsTarget,
): ChatCompletionCreateParams {
  checkSingle(request.providerOptions)
  return {
    ...request.providerOptions,
    ...toSampling(request, maxTokensName),
    ...toTooling(request),
    ...(request.responseFormat && { response_format: toResponseFormat(request.responseFormat) }),
    model,
    messages: toChatCompletionsMessages(request.messages, sendsMemberData ? model : undefined),
    ...(stream ? { stream, stream_options: { include_usage: true } } : { stream }),
  }
}

/** Of several answers to one question all would be paid for, and one be told. */
function checkSingle({ n = 1 }: JsonObject = {}): void {
  if (n === 1 || n === null) return
  refuse(
    `providerOptions.n must be 1, or left out: a model call of an agent has one answer, not ${JSON.stringify(n)}.`,
  )
}

function toSampling(
  { temperature, topP, maxOutputTokens }: ChatRequest,
  maxTokensName: ChatCompletionsTarget['maxTokensName'],
) {
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxOutputTokens !== undefined && { [maxTokensName]: maxOutputTokens }),
  }
}

// Servers refuse an empty list of tools, and a tool choice without tools.
function toTooling({ tools = [], toolChoice }: ChatRequest) {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(toTool),
    ...(toolChoice !== undefined && { tool_choice: toToolChoice(toolChoice) }),
  }
}

function toTool({ name, description, parameters, strict }: ToolDeclaration): ChatCompletionTool {
  const declaration = { name, description, parameters: { ...parameters } }
  return { type: 'function', function: strict === undefined ? declaration : { ...declaration, strict } }
}

function toToolChoice(choice: ToolChoice): ChatCompletionToolChoiceOption {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}

function toResponseFormat({ name, schema, strict }: ResponseFormat) {
  const format = { name, schema: { ...schema } }
  return {
    type: 'json_schema' as const,
    json_schema: strict === undefined ? format : { ...format, strict },
  }
}
