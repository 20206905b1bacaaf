import type { RunLog, SessionKey } from '../../run/run-log.js'
import type { AgentState } from './agent-state.js'

/** A session, as far as its state tells of it, and the log that tells the rest. Whoever works on it changes the state. */
export interface Conversation {
  readonly log: RunLog
  readonly key: SessionKey
  readonly state: AgentState
}
