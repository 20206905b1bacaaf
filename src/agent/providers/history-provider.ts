import type { ChatMessage } from '../../core/messages.js'
import type { AgentSession } from '../agent-session.js'

/** Where the conversations of an agent that runs alone are kept. */
export interface HistoryProvider {
  /** A session's conversation, oldest first; empty when there is none yet. */
  load(session: AgentSession): Promise<readonly ChatMessage[]>
  /** Adds what one run has added, all of it or nothing: what the user said, and what came of it. */
  append(session: AgentSession, messages: readonly ChatMessage[]): Promise<void>
}

/** Keeps conversations in the session itself, to be carried along with `toJSON`. The default. */
export class InMemoryHistoryProvider implements HistoryProvider {
  async load(session: AgentSession): Promise<readonly ChatMessage[]> {
    return session.messages
  }

  async append(session: AgentSession, messages: readonly ChatMessage[]): Promise<void> {
    session.addMessages(messages)
  }
}
