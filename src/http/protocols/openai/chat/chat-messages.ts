import type { ChatMessage } from '../../../../core/messages.js'
import { createFieldError } from '../../../request-errors.js'
import { toUserContents } from './chat-contents.js'
import type { ChatBodyMessage, UserBodyMessage } from './chat-message-body.js'
import { createTranscript } from './chat-transcript.js'

/** As on our own route. */
const mostNewMessages = 100

/**
 * What the user says with this request: the messages after the last of others. What comes before is the session's
 * to know; where there is no session, a transcript of it goes ahead.
 * @throws {AgentError} `invalid_request` when the user says nothing new.
 */
export function toNewMessages(
  messages: readonly ChatBodyMessage[],
  { inSession }: { readonly inSession: boolean },
): readonly ChatMessage[] {
  const at = messages.findLastIndex(({ role }) => role !== 'user') + 1
  const added = messages.slice(at).filter((message) => message.role === 'user')
  if (added.every(isBlank))
    throw createFieldError(
      'messages',
      "must end with a message of the user's that is not blank, or with results of tools",
    )
  if (added.length > mostNewMessages)
    throw createFieldError('messages', `must end with at most ${mostNewMessages} new ones`)
  const fresh = added.map(toUserMessage)
  return inSession || at === 0 ? fresh : [createTranscript(messages.slice(0, at)), ...fresh]
}

function isBlank({ content }: UserBodyMessage): boolean {
  if (typeof content === 'string') return content.trim() === ''
  return content.every((part) => part.type === 'text' && part.text.trim() === '')
}

function toUserMessage({ content, name }: UserBodyMessage): ChatMessage {
  return {
    role: 'user',
    contents: toUserContents(content),
    ...(name !== undefined && { authorName: name }),
  }
}
