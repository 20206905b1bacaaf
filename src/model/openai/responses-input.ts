import type {
  ResponseFunctionToolCall,
  ResponseInputContent,
  ResponseInputItem,
  ResponseOutputMessage,
} from 'openai/resources/responses/responses'
import { toMediaType } from '../../core/media-type.js'
import {
  type ChatMessage,
  type Content,
  type DataContent,
  type ErrorContent,
  type FunctionCallContent,
  type FunctionResultContent,
  type TextContent,
  toText,
  type UriContent,
} from '../../core/messages.js'
import { toFileName } from '../data-uri.js'
import { type PartWriters, toResultText, toUserParts } from '../prompt-parts.js'
import { toWireName } from '../wire-name.js'
import { readItemData } from './responses-provider-data.js'

/**
 * Our messages as the `input` of a Responses request, in the same order. What the API made comes back as it was, ids and
 * encrypted reasoning included; what it would refuse is left out: reasoning that it can no longer read, and reasoning that
 * nothing follows. Without `sendsReasoning` all reasoning is.
 * Wire: OpenAI API reference, "Create a model response", `input`; OpenAI guide "Reasoning models", keeping reasoning items.
 */
export function toResponsesInput(
  messages: readonly ChatMessage[],
  { sendsReasoning }: { readonly sendsReasoning: boolean },
): ResponseInputItem[] {
  return messages.flatMap((message) => toItems(message, sendsReasoning))
}

function toItems({ role, contents }: ChatMessage, sendsReasoning: boolean): ResponseInputItem[] {
  switch (role) {
    case 'system':
      return [{ role, content: toText(contents) }]
    case 'user':
      return [{ role, content: toUserParts(contents, partWriters) }]
    case 'assistant':
      return toOutputItems(contents, sendsReasoning)
    case 'tool':
      return contents.filter((content) => content.type === 'functionResult').map(toCallOutput)
  }
}

function toCallOutput(content: FunctionResultContent): ResponseInputItem {
  return { type: 'function_call_output', call_id: content.callId, output: toResultText(content) }
}

const partWriters: PartWriters<ResponseInputContent> = {
  text: (text) => ({ type: 'input_text', text }),
  data: toDataPart,
  uri: toUriPart,
}

function toDataPart(content: DataContent): ResponseInputContent {
  const { uri } = content
  const mediaType = toMediaType(content)
  if (mediaType.startsWith('image/')) return { type: 'input_image', image_url: uri, detail: 'auto' }
  return { type: 'input_file', filename: toFileName(mediaType), file_data: uri }
}

function toUriPart(content: UriContent): ResponseInputContent {
  const { uri } = content
  if (toMediaType(content).startsWith('image/'))
    return { type: 'input_image', image_url: uri, detail: 'auto' }
  return { type: 'input_file', file_url: uri }
}

function toOutputItems(contents: readonly Content[], sendsReasoning: boolean): ResponseInputItem[] {
  const sent = contents.filter((content) =>
    isReasoning(content) ? sendsReasoning && isReadable(content) : true,
  )
  // An item whose reasoning is missing may not come under its own id.
  const keepsIds = sent.length === contents.length
  const items: ResponseInputItem[] = []
  for (const content of sent) addOutputItem(items, content, keepsIds)
  while (items.at(-1)?.type === 'reasoning') items.pop()
  return items
}

function isReasoning(content: Content): boolean {
  return content.type === 'reasoning'
}

/** Whether the API can make something of this reasoning without looking it up in its own store, where it is not. */
function isReadable(content: Content): boolean {
  const { item } = readItemData(content)
  return item?.type === 'reasoning' && (item.encrypted_content !== undefined || item.content !== undefined)
}

function addOutputItem(items: ResponseInputItem[], content: Content, keepsIds: boolean): void {
  switch (content.type) {
    case 'reasoning':
    case 'provider': {
      const { item } = readItemData(content)
      if (item !== undefined) items.push(item)
      break
    }
    case 'functionCall':
      items.push(toFunctionCall(content, keepsIds))
      break
    case 'text':
    case 'error':
      addSpoken(items, content, keepsIds)
      break
    case 'data':
    case 'uri':
    case 'functionResult':
  }
}

function toFunctionCall(call: FunctionCallContent, keepsIds: boolean): ResponseFunctionToolCall {
  const { callId, name, arguments: written } = call
  const { id, members } = readItemData(call)
  return {
    ...members,
    type: 'function_call',
    ...(keepsIds && id !== undefined && { id }),
    call_id: callId,
    name: toWireName(name),
    arguments: typeof written === 'string' ? written : JSON.stringify(written),
  }
}

/** What was said, or refused; parts of one message come back as one. */
function addSpoken(items: ResponseInputItem[], content: TextContent | ErrorContent, keepsIds: boolean): void {
  const text = content.type === 'text' ? content.text : content.message
  if (text === '') return
  const { id, members } = readItemData(content)
  if (id === undefined || !keepsIds) {
    items.push({ ...members, role: 'assistant', content: text })
    return
  }
  const part = toSpokenPart(content, text)
  const last = items.at(-1)
  if (last?.type === 'message' && 'id' in last && last.id === id) last.content.push(part)
  else
    items.push({ ...members, type: 'message', id, role: 'assistant', status: 'completed', content: [part] })
}

function toSpokenPart(
  { type }: TextContent | ErrorContent,
  text: string,
): ResponseOutputMessage['content'][number] {
  return type === 'text' ? { type: 'output_text', text, annotations: [] } : { type: 'refusal', refusal: text }
}
