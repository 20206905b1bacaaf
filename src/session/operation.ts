import type { EntityContext } from 'durable-functions'
import type { AgentDefinition } from '../agent/agent-definition.js'
import type { Clock } from '../core/clock.js'
import type { RunLog, SessionKey } from '../run/run-log.js'
import { AgentState } from './agent-state.js'
import type { OperationLimits } from './execution-limits.js'
import type { AgentResponseCallback } from './response-callback.js'
import type { SessionHistory } from './session-history.js'
import type { StoredState } from './stored-state.js'

/** What one operation of a session's entity works with. */
export interface Operation {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly callback: AgentResponseCallback | undefined
  readonly limits: OperationLimits
  readonly history: SessionHistory
  readonly key: SessionKey
  readonly context: EntityContext<StoredState>
  /** When the operation began; ms since 1970. */
  readonly startedAt: number
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** The session as stored; an empty one when there is none. @throws {AgentError} `unsupported_state`. */
export function readState({ context }: Operation): AgentState {
  const state = new AgentState()
  const stored = context.df.getState()
  if (stored !== undefined) state.restoreState(stored)
  return state
}
