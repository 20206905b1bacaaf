import type {
  JSONObject,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider'
import { isJsonObject } from '../../core/json.js'
import { toMediaType } from '../../core/media-type.js'
import {
  type ChatMessage,
  type Content,
  type FunctionResultContent,
  toFunctionCalls,
  toText,
} from '../../core/messages.js'
import { toBase64 } from '../data-uri.js'
import { type PartWriters, toUserParts } from '../prompt-parts.js'
import { toWireName } from '../wire-name.js'

/** Parts that only their provider understands are kept under this name. */
export const partKey = 'aiSdk'

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

/**
 * Our messages as the prompt of an AI SDK language model, in the same order. What a provider gave with a part is given
 * back with it. A message that has nothing to send is left out.
 * Interface: `LanguageModelV4Prompt` of `@ai-sdk/provider`.
 */
export function toPrompt(messages: readonly ChatMessage[]): LanguageModelV4Message[] {
  const names = new Map(messages.flatMap(toFunctionCalls).map(({ callId, name }) => [callId, name]))
  return messages.map((message) => toMessage(message, names)).filter(({ content }) => content.length > 0)
}

function toMessage(
  { role, contents }: ChatMessage,
  names: ReadonlyMap<string, string>,
): LanguageModelV4Message {
  switch (role) {
    case 'system':
      return { role, content: toText(contents) }
    case 'user':
      return { role, content: toUserParts(contents, partWriters) }
    case 'assistant':
      return { role, content: contents.flatMap(toAssistantPart) }
    case 'tool': {
      const results = contents.filter((content) => content.type === 'functionResult')
      return { role, content: results.map((result) => toResultPart(result, names.get(result.callId))) }
    }
  }
}

const partWriters: PartWriters<LanguageModelV4TextPart | LanguageModelV4FilePart> = {
  text: (text) => ({ type: 'text', text }),
  data: toFilePart,
  uri: toFilePart,
}

function toFilePart(content: Extract<Content, { type: 'data' | 'uri' }>): LanguageModelV4FilePart {
  const { type, uri } = content
  const mediaType = toMediaType(content)
  if (type === 'uri') return { type: 'file', mediaType, data: { type: 'url', url: new URL(uri) } }
  return { type: 'file', mediaType, data: { type: 'data', data: toBase64(uri) } }
}

function toAssistantPart(content: Content): AssistantPart[] {
  const providerOptions = 'providerData' in content ? toProviderOptions(content.providerData) : undefined
  const given = providerOptions === undefined ? {} : { providerOptions }
  switch (content.type) {
    case 'text':
    case 'reasoning':
      return [{ type: content.type, text: content.text, ...given }]
    case 'error':
      return [{ type: 'text', text: content.message, ...given }]
    case 'functionCall': {
      const { callId, name, arguments: written } = content
      // Providers want an object; the result says what is wrong with what was none.
      const input = typeof written === 'string' ? {} : written
      return [{ type: 'tool-call', toolCallId: callId, toolName: toWireName(name), input, ...given }]
    }
    case 'provider':
      return toKeptPart(content.providerData[partKey])
    case 'data':
    case 'uri':
      return [toFilePart(content)]
    case 'functionResult':
      return []
  }
}

function toProviderOptions(data: object | undefined): Record<string, JSONObject> | undefined {
  return data as Record<string, JSONObject> | undefined
}

function toKeptPart(kept: unknown): AssistantPart[] {
  const part = isJsonObject(kept) ? kept.part : undefined
  return isJsonObject(part) ? [part as unknown as AssistantPart] : []
}

function toResultPart(
  { callId, result, error }: FunctionResultContent,
  toolName = 'unknown',
): LanguageModelV4ToolResultPart {
  const part = { type: 'tool-result', toolCallId: callId, toolName: toWireName(toolName) } as const
  if (error !== undefined) return { ...part, output: { type: 'error-text', value: error } }
  if (typeof result === 'string') return { ...part, output: { type: 'text', value: result } }
  return { ...part, output: { type: 'json', value: (result ?? null) as JSONObject | null } }
}
