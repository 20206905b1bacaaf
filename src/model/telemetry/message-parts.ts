import { toMediaType } from '../../core/media-type.js'
import type { ChatMessage, Content } from '../../core/messages.js'
import type { ChatAnswer, FinishReason } from '../chat-client.js'
import { genAi } from './attributes.js'

/** What was said, as attributes of a span: JSON text (semantic conventions 1.41.0, "Recording content on attributes", and its schemas of messages). */
export type ContentAttributes = Readonly<Record<string, string>>

/** What a model or an agent is told. Instructions stand apart from the conversation. */
export function toInputAttributes(messages: readonly ChatMessage[]): ContentAttributes {
  const instructions = messages.filter(({ role }) => role === 'system').flatMap(({ contents }) => contents)
  const said = messages.filter(({ role }) => role !== 'system')
  return {
    ...(instructions.length === 0
      ? {}
      : { [genAi.systemInstructions]: JSON.stringify(instructions.flatMap(toParts)) }),
    [genAi.inputMessages]: JSON.stringify(
      said.map(({ role, contents }) => ({ role, parts: contents.flatMap(toParts) })),
    ),
  }
}

/** What a model or an agent answers. */
export function toOutputAttributes({
  message: { role, contents },
  finishReason,
}: Pick<ChatAnswer, 'message' | 'finishReason'>): ContentAttributes {
  const output = { role, parts: contents.flatMap(toParts), finish_reason: toFinishReasonName(finishReason) }
  return { [genAi.outputMessages]: JSON.stringify([output]) }
}

/** The conventions' name of a finish reason (schema of output messages, `FinishReason`). */
function toFinishReasonName(reason: FinishReason): string {
  return reason === 'tool_calls' ? 'tool_call' : reason
}

/** Media are told of and not told: they would be far too large. */
function toParts(content: Content): object[] {
  switch (content.type) {
    case 'text':
    case 'reasoning':
      return [{ type: content.type, content: content.text }]
    case 'functionCall': {
      const { callId, name, arguments: args } = content
      return [{ type: 'tool_call', id: callId, name, arguments: args }]
    }
    case 'functionResult': {
      const { callId, result, error } = content
      return [{ type: 'tool_call_response', id: callId, response: error === undefined ? result : { error } }]
    }
    case 'data': {
      const type = toMediaType(content)
      return [{ type: 'blob', mime_type: type, modality: toModality(type), content: '' }]
    }
    case 'uri': {
      const { uri, mediaType } = content
      return [{ type: 'uri', mime_type: mediaType, modality: toModality(mediaType), uri }]
    }
    case 'error':
      return [{ type: 'text', content: content.message }]
    case 'provider':
      return []
  }
}

function toModality(mediaType: string): string {
  return mediaType.split('/', 1)[0] ?? 'file'
}
