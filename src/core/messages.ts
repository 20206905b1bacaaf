import type { JsonObject, JsonValue } from './json.js'

/** Who speaks. Tool results are messages of role `tool`. */
export type ChatRole = 'system' | 'user' | 'assistant' | 'tool'

/**
 * What a provider wants back word for word when the conversation goes on (ids of its items, encrypted reasoning), filed
 * under the name of the client that understands it. Nobody else reads it.
 */
export type ProviderData = Readonly<Record<string, JsonObject>>

/** A part that may carry what its provider wants back. */
export interface ProviderPart {
  readonly providerData?: ProviderData | undefined
}

/** What somebody says. */
export interface TextContent extends ProviderPart {
  readonly type: 'text'
  readonly text: string
}

/** What a model thought before it answered. Kept for the record; not every provider takes it back. */
export interface ReasoningContent extends ProviderPart {
  readonly type: 'reasoning'
  readonly text: string
}

/** Something in an answer that only its provider understands, such as a search that it made itself. */
export interface ProviderContent {
  readonly type: 'provider'
  readonly providerData: ProviderData
}

/** Media inside the message, as a `data:` URI. */
export interface DataContent {
  readonly type: 'data'
  readonly uri: string
  /** @default the media type in the URI */
  readonly mediaType?: string | undefined
}

/** Media by reference, as an https URL. */
export interface UriContent {
  readonly type: 'uri'
  readonly uri: string
  readonly mediaType: string
}

/** A tool the model wants run. `arguments` is what the model wrote: an object, or its text when that was no JSON object. */
export interface FunctionCallContent extends ProviderPart {
  readonly type: 'functionCall'
  readonly callId: string
  readonly name: string
  readonly arguments: JsonObject | string
}

/** What a tool gave back: a result, or the reason why there is none. */
export interface FunctionResultContent {
  readonly type: 'functionResult'
  readonly callId: string
  readonly result?: JsonValue | undefined
  readonly error?: string | undefined
}

/** A failure or refusal that is part of the conversation. */
export interface ErrorContent extends ProviderPart {
  readonly type: 'error'
  readonly message: string
  readonly errorCode?: string | undefined
}

/** A part of a message. */
export type Content =
  | TextContent
  | ReasoningContent
  | DataContent
  | UriContent
  | FunctionCallContent
  | FunctionResultContent
  | ErrorContent
  | ProviderContent

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: ChatRole
  readonly contents: readonly Content[]
  readonly authorName?: string | undefined
  readonly messageId?: string | undefined
  /** ISO 8601, UTC. */
  readonly createdAt?: string | undefined
}

/** Which tools a model may or must call: as it likes, none, at least one, or this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** Tokens spent. `totalTokens` is what the provider says, else the sum of the other two. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  /** Those of the input that the provider had kept from before; absent in sums, and when it tells of none. */
  readonly cachedInputTokens?: number | undefined
  /** Those of the output that nobody reads, as the model only thought them; absent likewise. */
  readonly reasoningTokens?: number | undefined
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 }

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  }
}

/** A message made of one piece of text. */
export function createTextMessage(role: ChatRole, text: string): ChatMessage {
  return { role, contents: [{ type: 'text', text }] }
}

/** The text of a message or of a list of contents; other contents are left out. */
export function toText(contents: readonly Content[]): string {
  let text = ''
  for (const content of contents) if (content.type === 'text') text += content.text
  return text
}

/** What a message says: its text; a refusal's words when it has no other. */
export function toSaidText(message: ChatMessage | undefined): string {
  return toRefusal(message) ?? toText(message?.contents ?? [])
}

/** The words of a model that would not answer; `undefined` when the message says anything else, or nothing. */
export function toRefusal(message: ChatMessage | undefined): string | undefined {
  const contents = message?.contents ?? []
  const refusal = contents.find((content) => content.type === 'error')
  return toText(contents) === '' ? refusal?.message || undefined : undefined
}

/** What a model thought before it answered. */
export function toReasoning({ contents }: ChatMessage): string {
  return contents.map((content) => (content.type === 'reasoning' ? content.text : '')).join('')
}

/** The tool calls in a message, in the model's order. */
export function toFunctionCalls(message: ChatMessage): readonly FunctionCallContent[] {
  return message.contents.filter((content) => content.type === 'functionCall')
}

/** Whether a message says nothing. */
export function isBlank({ contents }: ChatMessage): boolean {
  return contents.every((content) => content.type === 'text' && content.text.trim() === '')
}
