import type { EntityContext } from 'durable-functions'
import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { InvocationValuesFactory } from '../../agent/providers/provider-context.js'
import type { Clock } from '../../core/clock.js'
import type { RunLog, SessionKey, SessionSummary } from '../../run/run-log.js'
import type { RunDrive } from '../execution/drive-run.js'
import type { OperationLimits } from '../execution/execution-limits.js'
import type { Patience } from '../execution/outlast-failures.js'
import type { AgentResponseCallback } from '../execution/response-callback.js'
import type { RaiseEvent } from '../replies/raise-event.js'
import type { TellWebhooks } from '../replies/tell-webhooks.js'
import { AgentState } from '../state/agent-state.js'
import type { Conversation } from '../state/conversation.js'
import type { SessionHistory } from '../state/session-history.js'
import type { StoredState } from '../state/stored-state.js'

/** What a session's entity can be asked to do; on the wire (docs/orchestrations.md, The entity). */
export type OperationName = 'run' | 'continue' | 'decide' | 'tool_result' | 'get_state' | 'reset' | 'delete'

/** What one operation of a session's entity works with. */
export interface Operation {
  readonly agent: AgentDefinition
  readonly log: RunLog
  readonly callback: AgentResponseCallback | undefined
  /** Makes what only the code of a run may know. */
  readonly values: InvocationValuesFactory
  readonly limits: OperationLimits
  /** Whether what runs spend is counted for their owners. */
  readonly chargesOwners: boolean
  /** Longer data URIs in messages are kept beside the log of their run. */
  readonly maxInlineMediaBytes: number
  readonly history: SessionHistory
  readonly key: SessionKey
  readonly context: EntityContext<StoredState>
  /** When the operation began; ms since 1970. */
  readonly startedAt: number
  readonly clock: Clock
  /** Told of failures that nobody else is told of, and of which run when it is one's. */
  readonly onError: (error: unknown, run?: string) => void
  /** Reaches orchestrations that wait for runs; `undefined` where there is no durable client. */
  readonly raiseEvent: RaiseEvent | undefined
  /** `undefined` where nobody could be told. */
  readonly tellWebhooks: TellWebhooks | undefined
  readonly durable: RunDrive['durable']
  /** Whom this operation's own result tells how a run ended, so that no event has to. */
  readonly repliesTo?: Caller | undefined
}

/** An operation of a session whose state has been read. */
export interface SessionOperation extends Operation, Conversation {}

/** Who brought a run with its operation. */
export interface Caller {
  readonly run: string
  /** Absent for those that no event could reach. */
  readonly orchestrationId: string | undefined
}

/** How long an operation bears with a store that fails: until the platform would cut it off. Past the time for further steps there is still something to write down. */
export function toPatience({ clock, startedAt, limits, onError }: Operation): Patience {
  return { clock, until: startedAt + limits.hardEndMs, onError }
}

/**
 * The session as stored; an empty one when there is none, or when it is that of a session which was deleted and begun anew
 * before its entity heard of it. @throws {AgentError} `unsupported_state`.
 */
export async function readState(operation: Operation): Promise<AgentState> {
  const stored = restoreState(operation)
  return toStateOf(stored, await operation.log.session(operation.key))
}

/** The state as it was stored, whosever it is. @throws {AgentError} `unsupported_state`. */
export function restoreState({ context }: Operation): AgentState {
  const stored = new AgentState()
  const value = context.df.getState()
  // An operation that replied before anything was stored has left null.
  if (value !== undefined && value !== null) stored.restoreState(value)
  return stored
}

/** The state of a session: what was stored, unless that is an earlier one's. */
export function toStateOf(stored: AgentState, session: SessionSummary | undefined): AgentState {
  const state = stored.isOf(session) ? stored : new AgentState()
  if (state.own.turn === 0) state.change({ owner: session?.owner, createdAt: session?.createdAt })
  return state
}
