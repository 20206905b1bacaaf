import { toJsonText } from '../../../core/json.js'
import { toMediaType } from '../../../core/media-type.js'
import {
  type ChatMessage,
  type Content,
  toFunctionCalls,
  toReasoning,
  toSaidText,
} from '../../../core/messages.js'
import type { AguiMessage } from './agui-events.js'
import { toMessageId, toToolCallId } from './message-ids.js'
import { toResultId, toResultText } from './tool-results.js'

/** A message of a caller's: its text, or its parts when there are others. */
export function toCallerMessage(message: ChatMessage & { readonly messageId: string }): AguiMessage {
  const { messageId: id, role, contents } = message
  const isText = contents.every(({ type }) => type === 'text')
  return { id, role, content: isText ? toSaidText(message) : contents.flatMap(toPart) }
}

function toPart(content: Content): readonly object[] {
  if (content.type === 'text') return [content]
  if (content.type !== 'data' && content.type !== 'uri') return []
  const mimeType = toMediaType(content)
  const type = mimeType.startsWith('image/') ? 'image' : 'document'
  return [{ type, source: { type: 'url', value: content.uri, mimeType } }]
}

/** What a run has said, step by step, with what its tools gave: the messages that its events make. */
export function toRunMessages(run: string, messages: readonly ChatMessage[]): readonly AguiMessage[] {
  let step = 0
  return messages.flatMap((message) => {
    if (message.role === 'tool') return toToolMessages(run, message)
    return message.role === 'assistant' ? toStepMessages(run, step++, message) : []
  })
}

function toToolMessages(run: string, { contents }: ChatMessage): readonly AguiMessage[] {
  const results = contents.filter((content) => content.type === 'functionResult')
  return results.map((result) => ({
    id: toResultId(run, result.callId),
    role: 'tool',
    toolCallId: toToolCallId(run, result.callId),
    content: toResultText(result),
  }))
}

function toStepMessages(run: string, step: number, message: ChatMessage): readonly AguiMessage[] {
  const id = toMessageId(run, String(step))
  const reasoning = toReasoning(message)
  const thoughts = { id: `${id}-thoughts`, role: 'reasoning', content: reasoning }
  const toolCalls = toFunctionCalls(message).map(({ callId, name, arguments: args }) => ({
    id: toToolCallId(run, callId),
    type: 'function',
    function: { name, arguments: toJsonText(args) },
  }))
  const text = toSaidText(message)
  const said = { id, role: 'assistant', ...(text === '' ? {} : { content: text }) }
  const answer = toolCalls.length === 0 ? said : { ...said, toolCalls }
  return reasoning === '' ? [answer] : [thoughts, answer]
}
