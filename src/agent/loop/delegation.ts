import type { ChatMessage, Usage } from '../../core/messages.js'
import type { Decision } from '../../run/control.js'
import type { ApprovalRequested, RunEvent, SessionState, UndoneRun } from '../../run/events.js'
import type { AgentDefinition } from '../agent-definition.js'
import type { InvocationValues } from '../providers/provider-context.js'
import type { ToolOutcome } from '../tools/invoke-tool.js'

/** What came of a run that another run asked for. */
export type DelegateOutcome =
  | (ToolOutcome & { readonly usage: Usage })
  /** It waits for a human, or for the next operation; asking again goes on with it. */
  | { readonly parked: 'approval'; readonly approval: ApprovalRequested }
  | { readonly parked: 'background' | 'operation_limit' }
  /** It waits for these of its tool calls. */
  | { readonly parked: 'tool'; readonly calls: readonly string[] }

/** The same, and what the agent's providers keep in the session has become. */
export type DelegatedRun = DelegateOutcome & { readonly stateChanges: SessionState }

/** What a run asks of another agent. */
export interface DelegateRequest {
  readonly agent: AgentDefinition
  readonly callId: string
  readonly message: string
  /** The run whose effects it undoes, instead of answering. */
  readonly undoes?: UndoneRun | undefined
  /** What it is shown of the conversation in which it is asked. */
  readonly history: readonly ChatMessage[]
  /** What its providers keep in that session. */
  readonly sessionState: SessionState
  /** The invocation values and the metadata of the run that asks. */
  readonly values: InvocationValues
  readonly metadata: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** How many runs it then works for, each for the next. */
  readonly depth: number
  /** Whether what it is asked may be a stranger's wish, as whoever asks had read what an `untrusted` tool gave. */
  readonly isFromUntrusted: boolean
  /** By then the run that asks has to be over; ms since 1970. */
  readonly runEnd: number | undefined
  /** Told of what happens in its run. */
  readonly onEvent: (event: RunEvent) => void
}

/** How a run has other agents work for it. */
export interface Delegation {
  /** Runs an agent on a message, or goes on with it: the same call id is the same run. */
  run(request: DelegateRequest): Promise<DelegatedRun>
  /** Passes a human's decision on to the run that asked for it. */
  decide(callId: string, decision: Decision): Promise<void>
}
