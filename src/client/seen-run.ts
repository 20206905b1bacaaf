import type { Clock } from '../core/clock.js'
import type { JsonObject } from '../core/json.js'
import type { RunAddress } from '../core/session-paths.js'
import type { ApprovalRequested, RunEvent } from '../run/events.js'
import type { OpenCall } from '../run/waiting.js'
import type { AppConnection } from './app-connection.js'
import type { ClientTool } from './client-tool.js'

/** What a human says about a tool call that waits. */
export interface RemoteDecision {
  readonly decision: 'approve' | 'reject'
  /** Told to the model when the call is rejected. */
  readonly reason?: string | undefined
  /** Used instead of the model's when the call is approved. @default the model's */
  readonly arguments?: JsonObject | undefined
}

/** Who answers what a run asks on its way. */
export interface RunHelpers {
  /** What is carried out here when the model asks for it. @default nothing */
  readonly tools?: readonly ClientTool[] | undefined
  /** Asks a human about a tool call that needs one to agree. @default the run is left waiting */
  readonly onApproval?:
    | ((approval: ApprovalRequested) => RemoteDecision | Promise<RemoteDecision>)
    | undefined
}

/** A run that is to be seen. */
export interface SeenRun extends RunHelpers {
  readonly app: AppConnection
  readonly address: RunAddress
  /** What begins the run; `undefined` for one that has begun. */
  readonly body: JsonObject | undefined
  readonly clock: Clock
  readonly patienceMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onEvent: (event: RunEvent) => void
}

/** A run that is being seen; the signal aborts when nobody here waits for it any more. */
export interface WatchedRun extends SeenRun {
  readonly signal: AbortSignal
}

/** What a run asks. */
export interface Questions {
  readonly approvals: readonly ApprovalRequested[]
  readonly toolCalls: readonly OpenCall[]
}
