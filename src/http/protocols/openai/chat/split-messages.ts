import type { GivenInstructions } from '../../../caller-instructions.js'
import { toJoinedText } from '../../to-joined-text.js'
import type { ChatBody } from './chat-body.js'
import type { ChatBodyMessage } from './chat-message-body.js'

/** A message of a conversation, and where it stands in the request. */
export type PlacedMessage = ChatBodyMessage & { readonly at: number }

/** What a request's messages say, and what its caller wants of the answer, wherever that stands among them. */
export interface SplitMessages {
  readonly said: readonly PlacedMessage[]
  readonly instructions: readonly GivenInstructions[]
}

/** Tells the conversation from the instructions. */
export function splitMessages(messages: ChatBody['messages']): SplitMessages {
  const said: PlacedMessage[] = []
  const instructions: GivenInstructions[] = []
  for (const [at, message] of messages.entries()) {
    if (isSaid(message)) said.push({ ...message, at })
    else instructions.push({ path: `messages.${at}.role`, text: toJoinedText(message.content) })
  }
  return { said, instructions }
}

function isSaid(message: ChatBody['messages'][number]): message is ChatBodyMessage {
  return message.role !== 'system' && message.role !== 'developer'
}
