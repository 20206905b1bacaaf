import type { Clock } from '../../core/clock.js'
import type { ChatMessage } from '../../core/messages.js'
import type { Schema } from '../../core/schema.js'
import type { RunLimits } from '../../run/decide.js'
import type { RunRequest, SessionState } from '../../run/events.js'
import type { RunJournal } from '../../run/run-journal.js'
import type { AgentDefinition, Tool } from '../agent-definition.js'
import type { InvocationValues, InvocationValuesFactory } from '../providers/provider-context.js'
import type { ProviderStates } from '../providers/provider-states.js'
import type { DurableTools } from '../tools/durable-tools.js'
import type { Delegation } from './delegation.js'
import type { RunControls } from './run-controls.js'
import type { UndoneRuns, UndoPlan } from './undone-runs.js'

/** What one execution of a run is asked to do, wherever its journal is kept. */
export interface RunTask {
  readonly agent: AgentDefinition
  /** As its journal has it, or will have it. */
  readonly request: RunRequest
  /** How many messages the user had sent in this session before this run. */
  readonly messageCount: number
  readonly limits: ExecutionLimits
  /** Makes what only the run's code may know. */
  readonly readValues: InvocationValuesFactory
  /** What providers kept in the session before this run. */
  readonly sessionState: SessionState
  /** What others wish of this run. */
  readonly controls: RunControls
  /** How many runs this one works for, each for the next. @default 0 */
  readonly depth?: number | undefined
  /** Whether what it is asked may be a stranger's wish, as whoever asks had read what an `untrusted` tool gave. @default false */
  readonly isFromUntrusted?: boolean | undefined
  readonly clock: Clock
  /** Told of failures that callers only get to know as `internal`. */
  readonly onError: (error: unknown) => void
}

/** What one execution of a run is given to begin with. */
export interface RunSetup extends RunTask {
  readonly journal: RunJournal
  /** The conversation before this run, oldest first. */
  readonly history: readonly ChatMessage[]
  /** The session's key; `undefined` when the agent runs without one. */
  readonly sessionId: string | undefined
  readonly correlationId: string
  /** What the answer has to fit, when the caller's own schema is at hand. @default the JSON Schema of the request */
  readonly responseFormat?: Schema | undefined
  /** Makes another run's messages part of this one; false when that run has gone its own way. */
  readonly join: (run: string) => Promise<boolean>
  /** Whether another run's messages are part of this one, be it noted here or not. */
  readonly hasJoined: (run: string) => Promise<boolean>
  /** What it is to undo, and what was undone of that; `undefined` where runs undo nothing. */
  readonly undoneRuns?: UndoneRuns | undefined
  /** How it has other agents work for it. */
  readonly delegation: Delegation
  /** How it waits for what models make in the background. */
  readonly waiting: BackgroundWaiting
  /** The orchestrations of its app, for its tools; `undefined` where there are none. */
  readonly durable?: DurableTools | undefined
  /** Aborts when this executor must stop at once, because another one has taken the run over or the caller gave up. */
  readonly signal: AbortSignal
}

/** How an execution waits for an answer that is made in the background. */
export interface BackgroundWaiting {
  /** Whether the answer is followed as it is made; otherwise the run is parked unless there is one. `comesBack` when it was asked for earlier. */
  follows(comesBack: boolean): boolean
  /** Whether it is the caller who comes back: each delta then has the token to go on after it, and an answer that is lost is not asked for anew. */
  readonly isLeftToCaller: boolean
  /** Whether the conversation has this message of the model already, because somebody came back for it before. @default it never has */
  readonly isTaken?: ((message: ChatMessage) => boolean) | undefined
  /** Aborts when nobody follows the answer any more: the run is then parked, too. @default never */
  readonly left?: AbortSignal | undefined
}

/** An execution with what its providers and middleware work with. */
export interface EquippedRun extends RunSetup {
  readonly values: InvocationValues
  readonly states: ProviderStates
}

/** Everything one execution of a run works with. */
export interface RunContext extends EquippedRun {
  /** All that the model may call; what undoes those, in a run that undoes another one. */
  readonly tools: readonly Tool[]
  /** What it undoes; absent when it undoes nothing. */
  readonly undo?: UndoPlan | undefined
}

/** How far one execution may go. */
export interface ExecutionLimits extends RunLimits {
  /** From then on the run is parked between steps, to be gone on with in another operation; ms since 1970. */
  readonly parkAfter?: number | undefined
  /** By then the operation is cut off, so no step may take longer; ms since 1970. */
  readonly hardEnd?: number | undefined
  /** By then the run has to be over; ms since 1970. */
  readonly runEnd?: number | undefined
  /** Longest time of one model call. */
  readonly stepTimeoutMs?: number | undefined
}
