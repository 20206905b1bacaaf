import type { EntityContext } from 'durable-functions'
import type { SessionKey, SessionSummary } from '../../run/run-log.js'
import type { RunExecution } from '../execution/execute-run.js'
import type { Patience } from '../execution/outlast-failures.js'
import type { RaiseEvent } from '../replies/raise-event.js'
import type { TellWebhooks } from '../replies/tell-webhooks.js'
import { AgentState } from '../state/agent-state.js'
import type { Conversation } from '../state/conversation.js'
import type { SessionHistory } from '../state/session-history.js'
import type { StoredState } from '../state/stored-state.js'

/** What a session's entity can be asked to do; on the wire (docs/orchestrations.md, The entity). */
export type OperationName =
  | 'run'
  | 'continue'
  | 'decide'
  | 'tool_result'
  | 'send'
  | 'get_state'
  | 'reset'
  | 'delete'

/** What each run of an operation is executed with. */
type Handed = 'agent' | 'log' | 'callback' | 'readValues' | 'limits' | 'startedAt' | 'durable' | 'clock'

/** What one operation of a session's entity works with. */
export interface Operation extends Pick<RunExecution, Handed> {
  /** Whether what runs spend is counted for their owners. */
  readonly chargesOwners: boolean
  /** Longer data URIs in messages are kept beside the log of their run. */
  readonly maxInlineMediaBytes: number
  readonly history: SessionHistory
  readonly key: SessionKey
  readonly context: EntityContext<StoredState>
  /** Told of failures that nobody else is told of, and of which run when it is one's. */
  readonly onError: (error: unknown, run?: string) => void
  /** Reaches orchestrations that wait for runs; `undefined` where there is no durable client. */
  readonly raiseEvent: RaiseEvent | undefined
  /** `undefined` where nobody could be told. */
  readonly tellWebhooks: TellWebhooks | undefined
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

/** The state as it was stored, whosever it is. @throws {AgentError} `unsupported_state`. */
export function restoreState({ context }: Operation): AgentState {
  const stored = new AgentState()
  const value = context.df.getState()
  // An operation that replied before anything was stored has left null.
  if (value !== undefined && value !== null) stored.restoreState(value)
  return stored
}

/** The state of a session: what was stored, unless that is of one which was deleted and begun anew before its entity heard of it. */
export function toStateOf(stored: AgentState, session: SessionSummary | undefined): AgentState {
  const state = stored.isOf(session) ? stored : new AgentState()
  if (state.own.turn === 0) state.change({ owner: session?.owner, createdAt: session?.createdAt })
  return state
}
