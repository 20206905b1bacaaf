import type {
  ChatCompletionContentPart,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import { parseJson } from '../../core/json.js'
import { toMediaType } from '../../core/media-type.js'
import type {
  ChatMessage,
  Content,
  DataContent,
  FunctionCallContent,
  FunctionResultContent,
  ReasoningContent,
  UriContent,
} from '../../core/messages.js'
import { readBase64, toFileName } from '../data-uri.js'
import { type PartWriters, toResultText, toUserParts } from '../prompt-parts.js'
import { toWireName } from '../wire-name.js'
import { readMemberData } from './chat-completions-provider-data.js'

/**
 * Our messages as the `messages` of a Chat Completions request, in the same order.
 * `model` gets back what it said itself beside its tool calls: its reasoning, and what its server wants kept with a call.
 * Without it nobody does. A message that has nothing to send is left out; a `tool` message becomes one message for each
 * result in it.
 * Wire: OpenAI API reference, "Create chat completion", `messages`; DeepSeek API guide "Thinking Mode", tool calls; Gemini
 * API, "Thought signatures", OpenAI compatibility.
 */
export function toChatCompletionsMessages(
  messages: readonly ChatMessage[],
  model?: string,
): ChatCompletionMessageParam[] {
  return messages.flatMap((message) => toParams(message, model))
}

function toParams(message: ChatMessage, model: string | undefined): ChatCompletionMessageParam[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: toPlainText(message.contents) }]
    case 'user':
      return [toUserParam(message)]
    case 'assistant':
      return toAssistantParams(message.contents, model)
    case 'tool':
      return message.contents.filter((content) => content.type === 'functionResult').map(toToolParam)
  }
}

function toUserParam({ contents, authorName }: ChatMessage): ChatCompletionMessageParam {
  const parts = toUserParts(contents, partWriters)
  const [first] = parts
  const single = parts.length === 1 && first?.type === 'text' ? first.text : undefined
  const content = parts.length === 0 ? '' : (single ?? parts)
  const name = authorName !== undefined && isWireName(authorName) ? authorName : undefined
  return name === undefined ? { role: 'user', content } : { role: 'user', content, name }
}

function toAssistantParams(
  contents: readonly Content[],
  model: string | undefined,
): ChatCompletionMessageParam[] {
  const text = toPlainText(contents)
  const calls = contents.filter((content) => content.type === 'functionCall')
  if (calls.length > 0) {
    const tool_calls = calls.map((call) => toToolCall(call, model))
    return [
      { role: 'assistant', content: text === '' ? null : text, tool_calls, ...toReasoning(contents, model) },
    ]
  }
  return text === '' ? [] : [{ role: 'assistant', content: text }]
}

function toReasoning(contents: readonly Content[], model: string | undefined): object {
  const members = contents.flatMap((content) => {
    const member = content.type === 'reasoning' ? readMemberData(content, model)?.member : undefined
    return member === undefined ? [] : [[member, (content as ReasoningContent).text]]
  })
  return Object.fromEntries(members)
}

function toToolCall(
  call: FunctionCallContent,
  model: string | undefined,
): ChatCompletionMessageFunctionToolCall {
  const { arguments: written, callId, name } = call
  const members = readMemberData(call, model)?.members
  return {
    ...members,
    id: callId,
    type: 'function',
    function: { name: toWireName(name), arguments: toArguments(written) },
  }
}

/** Some servers read the arguments of earlier calls, and refuse a conversation with any that are no JSON; the result says what was wrong. */
function toArguments(written: FunctionCallContent['arguments']): string {
  if (typeof written !== 'string') return JSON.stringify(written)
  return parseJson(written) === undefined ? '{}' : written
}

function toToolParam(content: FunctionResultContent): ChatCompletionMessageParam {
  return { role: 'tool', tool_call_id: content.callId, content: toResultText(content) }
}

const partWriters: PartWriters<ChatCompletionContentPart> = {
  text: (text) => ({ type: 'text', text }),
  data: toDataPart,
  uri: toUriPart,
}

function toDataPart(content: DataContent): ChatCompletionContentPart {
  const { uri } = content
  const mediaType = toMediaType(content)
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url: uri } }
  const format = audioFormats[mediaType]
  if (format !== undefined) return { type: 'input_audio', input_audio: { data: readBase64(uri), format } }
  return { type: 'file', file: { filename: toFileName(mediaType), file_data: uri } }
}

// Chat Completions reads files only from data URIs; a link in the text at least tells the model what was given.
function toUriPart(content: UriContent): ChatCompletionContentPart {
  const { uri } = content
  const mediaType = toMediaType(content)
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url: uri } }
  return { type: 'text', text: `${uri} (${mediaType})` }
}

const audioFormats: Readonly<Record<string, 'wav' | 'mp3'>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

function toPlainText(contents: readonly Content[]): string {
  let text = ''
  for (const content of contents) {
    if (content.type === 'text') text += content.text
    if (content.type === 'error') text += content.message
  }
  return text
}

// The API refuses other names, and a refused request helps nobody who only wanted to say who speaks.
function isWireName(name: string): boolean {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(name)
}
