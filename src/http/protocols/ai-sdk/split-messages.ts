import type { GivenInstructions } from '../../caller-instructions.js'
import { parseShape } from '../../parse-shape.js'
import { toJoinedText } from '../to-joined-text.js'
import { type ChatBody, systemParts, type UiBodyMessage } from './chat-body.js'

/** A message of a chat, and where it stands in the request. */
export interface PlacedMessage {
  readonly message: UiBodyMessage
  readonly path: readonly string[]
}

/** The messages of a chat, and what its page wants of the answer, wherever that stands. */
export interface SplitMessages {
  readonly shown: readonly PlacedMessage[]
  readonly instructions: readonly GivenInstructions[]
}

/** Tells the conversation from the instructions. @throws {AgentError} `invalid_request` naming the field. */
export function splitMessages(body: ChatBody): SplitMessages {
  const all = toPlacedMessages(body)
  const among = all.filter(isInstructions).map(toInstructions)
  return {
    shown: all.filter((placed) => !isInstructions(placed)),
    instructions: [{ path: 'system', text: body.system ?? '' }, ...among],
  }
}

function toPlacedMessages({ messages, message }: ChatBody): readonly PlacedMessage[] {
  if (message !== undefined) return [{ message, path: ['message'] }]
  return (messages ?? []).map((one, index) => ({ message: one, path: ['messages', String(index)] }))
}

function isInstructions({ message }: PlacedMessage): boolean {
  return message.role === 'system'
}

function toInstructions({ message, path }: PlacedMessage): GivenInstructions {
  const parts = parseShape(systemParts, message.parts, [...path, 'parts'])
  return { path: [...path, 'role'].join('.'), text: toJoinedText(parts) }
}
