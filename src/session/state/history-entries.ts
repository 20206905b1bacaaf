import type { Usage } from '../../core/messages.js'
import type { HistoryEntry, ToolCallView } from '../../run/history-entry.js'
import { toWireUsage } from '../../run/wire-usage.js'
import { fromStoredError, fromStoredMessage, fromStoredUsage } from './stored-messages.js'
import type { StoredEntry, StoredMessage } from './stored-state.js'

/** A stored conversation as callers see it: each request's messages, and one line for each answer; with their runs, how many files they had, and what they undo, when asked for. */
export function toHistoryEntries(
  entries: readonly StoredEntry[],
  { runs = false }: { readonly runs?: boolean | undefined } = {},
): readonly HistoryEntry[] {
  return entries.flatMap((entry) => {
    const lines = toLines(entry, runs)
    return runs ? lines.map((line) => ({ ...line, ...toRunFields(entry) })) : lines
  })
}

function toLines(entry: StoredEntry, files: boolean): readonly HistoryEntry[] {
  if (entry.$type === 'request') return toRequestLines(entry, files)
  if (entry.$type === 'response' || entry.$type === 'errorResponse') return [toAnswerLine(entry)]
  return []
}

function toRequestLines({ messages, createdAt }: StoredEntry, files: boolean): HistoryEntry[] {
  return messages.map((message) => ({
    role: message.role,
    content: toContentText(message.contents),
    timestamp: createdAt,
    ...(files ? toFileCount(message) : {}),
  }))
}

/** What of a user's message is no text is a file. */
function toFileCount({ contents }: StoredMessage) {
  const files = contents.filter(({ $type }) => $type !== 'text').length
  return files === 0 ? {} : { files }
}

/** Which run it is of, what model has answered, and which run it undoes. */
function toRunFields({ correlationId, extensionData }: StoredEntry) {
  const { model, undoes } = extensionData ?? {}
  return {
    ...(typeof correlationId === 'string' && { correlationId }),
    ...(typeof model === 'string' && { model }),
    ...(typeof undoes === 'string' && { undoes }),
  }
}

function toAnswerLine(entry: StoredEntry): HistoryEntry {
  const text = toAnswerContent(entry)
  const usage: Usage = fromStoredUsage(entry.usage)
  const failure = entry.$type === 'errorResponse' ? { error: fromStoredError(entry.error) } : {}
  const finishReason = entry.extensionData?.finishReason
  return {
    role: 'assistant',
    content: text,
    timestamp: entry.createdAt,
    agent_response: {
      text,
      kind: entry.$type === 'response' ? 'agent_message' : 'agent_error',
      tool_calls: toToolCalls(entry),
      usage: toWireUsage(usage),
      ...(typeof finishReason === 'string' && { finishReason }),
      ...failure,
    },
  }
}

/** The text of the last answer among the entries; `null` when there is none. */
export function toLastResponse(entries: readonly StoredEntry[]): string | null {
  const last = entries.findLast((entry) => entry.$type === 'response')
  return last === undefined ? null : toAnswerContent(last)
}

/** The last assistant message counts: those before it only called tools. */
function toAnswerContent({ messages }: StoredEntry): string {
  return toContentText(messages.findLast(({ role }) => role === 'assistant')?.contents ?? [])
}

function toContentText(
  contents: readonly { readonly $type: string; readonly [name: string]: unknown }[],
): string {
  const texts = contents.filter(({ $type }) => $type === 'text').map(({ text }) => String(text))
  const refusal = contents.find(({ $type }) => $type === 'error')
  return texts.join('') || String(refusal?.message ?? '')
}

function toToolCalls({ messages }: StoredEntry): readonly ToolCallView[] {
  const contents = messages.flatMap((message) => fromStoredMessage(message)?.contents ?? [])
  const results = contents.filter((content) => content.type === 'functionResult')
  return contents
    .filter((content) => content.type === 'functionCall')
    .map(({ callId, name, arguments: args }) => {
      const outcome = results.find((result) => result.callId === callId)
      return { id: callId, name, arguments: args, result: outcome?.result, error: outcome?.error }
    })
}
