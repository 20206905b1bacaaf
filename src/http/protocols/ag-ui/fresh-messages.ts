import type { ChatMessage } from '../../../core/messages.js'
import { toContextId } from '../said-messages.js'
import type { AguiMessage } from './agui-events.js'
import { isPartOf } from './message-ids.js'
import { isInstructions, type ParsedInput, toUserMessage } from './parse-input.js'

/**
 * What the user says after the last word of the agent, oldest first. What came of tools is no word, nor is what `runs` have
 * made: they are told anew. @throws {AgentError} `invalid_request` naming the field.
 */
export function toFreshMessages(
  shown: readonly AguiMessage[],
  runs: readonly string[],
): readonly ChatMessage[] {
  const isWord = (message: AguiMessage) =>
    message.role !== 'user' &&
    message.role !== 'tool' &&
    !isInstructions(message) &&
    !runs.some((run) => isPartOf(run, message))
  const last = shown.findLastIndex(isWord)
  return shown.flatMap((message, index) =>
    index > last && message.role === 'user' ? [toUserMessage(message, index)] : [],
  )
}

/** The user's messages of these ids, in our words. @throws {AgentError} `invalid_request` naming the field. */
export function toSaidMessages(
  shown: readonly AguiMessage[],
  ids: ReadonlySet<string | undefined>,
): readonly ChatMessage[] {
  return shown.flatMap((message, index) =>
    message.role === 'user' && ids.has(message.id) ? [toUserMessage(message, index)] : [],
  )
}

/** The id of the user's last message. */
export function toLastUserId(shown: readonly AguiMessage[]): string | undefined {
  return shown.findLast(({ role }) => role === 'user')?.id
}

/** What the application tells of itself stands ahead of what the user says, as the user's word: nobody instructs the agent from outside. */
export function toContextMessages({
  context,
  key,
}: Pick<ParsedInput, 'context' | 'key'>): readonly ChatMessage[] {
  if (context.length === 0) return []
  const lines = context.map(({ description, value }) => `${description}: ${value}`)
  const text = `Context of the application.\n${lines.join('\n')}`
  return [{ role: 'user', contents: [{ type: 'text', text }], messageId: toContextId(key.run) }]
}
