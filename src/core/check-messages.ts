import { z } from 'zod'
import { AgentError } from './errors.js'
import { chatMessage } from './message-schema.js'
import type { ChatMessage } from './messages.js'

/** Refuses messages in another format, such as OpenAI's: they would reach the model empty. @throws {AgentError} `invalid_request` naming the first thing that is wrong. */
export function checkMessages(what: string, messages: readonly ChatMessage[]): void {
  const { error } = z.array(chatMessage).safeParse(messages)
  if (error === undefined) return
  const issues = error.issues.map(({ path, message }) => ({ path: [what, ...path].join('.'), message }))
  throw new AgentError(
    'invalid_request',
    `A message is { role: 'user', contents: [{ type: 'text', text: '...' }] }. ${issues[0]?.path}: ${issues[0]?.message}.`,
    { issues },
  )
}
