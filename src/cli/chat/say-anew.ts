import { outlast } from '../../client/outage.js'
import { systemClock } from '../../core/clock.js'
import type { SessionAddress } from '../../core/session-paths.js'
import { undoMessage } from '../../core/undo-message.js'
import type { AppClient } from './app-client.js'
import type { Conversation, Ending } from './conversation.js'
import { findLastMessage, type LastMessage } from './last-message.js'
import type { Screen } from './screen.js'

export interface SayAnewOptions {
  readonly client: AppClient
  readonly address: SessionAddress
  readonly conversation: Conversation
  readonly screen: Screen
}

/**
 * Says the last message of the conversation again, or in other words; what came of it is taken back. Where there is none that
 * can be, it tells so and gives `undefined`.
 * @throws {AgentError} as {@link Conversation.send}
 */
export async function sayAnew(chat: SayAnewOptions, words?: string): Promise<Ending | undefined> {
  const { screen, conversation } = chat
  if (words === '') return complain(chat, 'Say the last message in other words: /edit TEXT')
  const last = await readLast(chat)
  if (last === undefined) return complain(chat, 'Nothing has been said yet.')
  if (last.undoes !== undefined) {
    return complain(chat, 'The last message undid something, and asked nobody.')
  }
  if (last.hasFile) {
    return complain(chat, 'The last message came with a file, which cannot be sent from here.')
  }
  if (words === undefined) screen.notice(`Once more: ${last.text}`)
  return conversation.send({ text: words ?? last.text, replaces: last.run })
}

/** Undoes what was done for the last message of the conversation, or goes on with that; `undefined` where there is none. @throws {AgentError} as {@link Conversation.send} */
export async function undoLast(chat: SayAnewOptions): Promise<Ending | undefined> {
  const last = await readLast(chat)
  if (last === undefined) return complain(chat, 'Nothing has been said yet.')
  return chat.conversation.send({ text: undoMessage, undoes: last.undoes ?? last.run })
}

async function readLast({ client, address, screen }: SayAnewOptions): Promise<LastMessage | undefined> {
  const outage = { clock: systemClock, onNotice: (line: string) => screen.notice(line) }
  const session = await outlast(outage, () => client.readSession(address))
  return findLastMessage(session?.conversation_history ?? [])
}

function complain({ screen }: SayAnewOptions, why: string): undefined {
  screen.alert(why)
}
