import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ToolChoice,
} from '@ai-sdk/provider'
import type { ToolChoice } from '../../core/messages.js'
import type { ChatRequest, ToolDeclaration } from '../chat-client.js'
import { toPrompt } from './prompt.js'

/**
 * A request as the call options of an AI SDK language model. What the request leaves open is left out.
 * `providerOptions` are passed on as they are: objects by the provider's name, as everywhere in the AI SDK.
 */
export function toCallOptions(request: ChatRequest, abortSignal: AbortSignal): LanguageModelV4CallOptions {
  const { messages, providerOptions, responseFormat, temperature, topP, maxOutputTokens } = request
  return {
    prompt: toPrompt(messages),
    abortSignal,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...toTooling(request),
    ...(responseFormat !== undefined && {
      responseFormat: {
        type: 'json' as const,
        name: responseFormat.name,
        schema: { ...responseFormat.schema },
      },
    }),
    ...(providerOptions !== undefined && {
      providerOptions: providerOptions as LanguageModelV4CallOptions['providerOptions'],
    }),
  }
}

function toTooling({ tools = [], toolChoice }: ChatRequest) {
  if (tools.length === 0) return {}
  return {
    tools: tools.map(toTool),
    ...(toolChoice !== undefined && { toolChoice: toToolChoice(toolChoice) }),
  }
}

function toTool({ name, description, parameters, strict }: ToolDeclaration): LanguageModelV4FunctionTool {
  const declaration = { type: 'function', name, description, inputSchema: { ...parameters } } as const
  return strict === undefined ? declaration : { ...declaration, strict }
}

function toToolChoice(choice: ToolChoice): LanguageModelV4ToolChoice {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.name }
}
