import type { ChatMessage } from '../core/messages.js'
import type { RunJournal } from '../run/run-journal.js'
import type { AgentDefinition } from './agent-definition.js'

/** Everything one execution of a run works with. */
export interface RunContext {
  readonly agent: AgentDefinition
  readonly journal: RunJournal
  /** The conversation before this run, oldest first. */
  readonly history: readonly ChatMessage[]
  /** The session's key; `undefined` when the agent runs without one. */
  readonly sessionId: string | undefined
  readonly correlationId: string
  /** How many messages the user will have sent in this session when the run is over. */
  readonly messageCount: number
  /** Aborts when the run must stop: the caller gave up, or another executor took it over. */
  readonly signal: AbortSignal
  /** Told of failures that callers only get to know as `internal`. */
  readonly onError: (error: unknown) => void
}
