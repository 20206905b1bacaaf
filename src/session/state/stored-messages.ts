import { isJsonObject, type JsonObject } from '../../core/json.js'
import type { ChatMessage, ChatRole, Content, ProviderData, Usage } from '../../core/messages.js'
import type { StoredEntry, StoredMessage } from './stored-state.js'

const roles: readonly string[] = ['system', 'user', 'assistant', 'tool'] satisfies ChatRole[]

/** A message in the vocabulary of the published schema: contents are told apart by `$type`. */
export function toStoredMessage(message: ChatMessage): StoredMessage {
  const { role, contents, ...rest } = message
  return { role, contents: contents.map(toStoredContent), ...rest }
}

function toStoredContent(content: Content): StoredMessage['contents'][number] {
  if (content.type === 'provider') return { $type: 'unknown', content: content.providerData }
  const { type, ...fields } = content
  return { $type: type, ...fields }
}

/** A message as we work with it; contents of types we do not know are left out, and with them messages that hold nothing else. */
export function fromStoredMessage(message: StoredMessage): ChatMessage | undefined {
  if (!roles.includes(message.role)) return undefined
  const contents = message.contents.map(fromStoredContent).filter((content) => content !== undefined)
  return contents.length === 0 ? undefined : { role: message.role as ChatRole, contents }
}

function fromStoredContent(stored: {
  readonly $type: string
  readonly [name: string]: unknown
}): Content | undefined {
  const { $type, ...fields } = stored
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  const providerData = toProviderData(fields.providerData)
  const part = providerData === undefined ? {} : { providerData }
  switch ($type) {
    case 'text':
    case 'reasoning':
      return { type: $type, text: text('text'), ...part }
    case 'data':
      return { type: $type, uri: text('uri'), mediaType: text('mediaType') || undefined }
    case 'uri':
      return { type: $type, uri: text('uri'), mediaType: text('mediaType') }
    case 'functionCall':
      return {
        type: $type,
        callId: text('callId'),
        name: text('name'),
        arguments: toArguments(fields.arguments),
        ...part,
      }
    case 'functionResult':
      return { type: $type, callId: text('callId'), ...(fields as Pick<JsonObject, 'result'>) }
    case 'error':
      return { type: $type, message: text('message'), errorCode: text('errorCode') || undefined, ...part }
    case 'unknown':
      return toProviderContent(fields.content)
    default:
      return undefined
  }
}

/** Others store whatever they do not know under this name, so it may not be ours. */
function toProviderContent(content: unknown): Content | undefined {
  const providerData = toProviderData(content)
  return providerData === undefined ? undefined : { type: 'provider', providerData }
}

function toProviderData(value: unknown): ProviderData | undefined {
  if (!isJsonObject(value)) return undefined
  const entries = Object.entries(value)
  const data = entries.filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
  return data.length === entries.length ? Object.fromEntries(data) : undefined
}

function toArguments(value: unknown): JsonObject | string {
  if (isJsonObject(value)) return value
  return typeof value === 'string' ? value : JSON.stringify(value ?? {})
}

/** The conversation as a model is shown it, with what it thought, as providers want that back. Why a run failed is not replayed. */
export function toModelMessages(entries: readonly StoredEntry[]): readonly ChatMessage[] {
  return entries.flatMap((entry) =>
    entry.messages.map(fromStoredMessage).filter((message) => message !== undefined),
  )
}

export function toStoredUsage(usage: Usage): NonNullable<StoredEntry['usage']> {
  return {
    inputTokenCount: usage.inputTokens,
    outputTokenCount: usage.outputTokens,
    totalTokenCount: usage.totalTokens,
  }
}

/** What of a failure is told to users. */
export function fromStoredError(error: unknown): { readonly code: string; readonly message: string } {
  const { code = 'internal', message = '' } = (error ?? {}) as { code?: string; message?: string }
  return { code, message }
}

export function fromStoredUsage(usage: StoredEntry['usage']): Usage {
  return {
    inputTokens: usage?.inputTokenCount ?? 0,
    outputTokens: usage?.outputTokenCount ?? 0,
    totalTokens: usage?.totalTokenCount ?? 0,
  }
}
