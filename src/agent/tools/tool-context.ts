import type { JsonValue } from '../../core/json.js'
import type { InvocationValues, RunInfo } from '../providers/provider-context.js'
import type { DurableToolContext } from './durable-tools.js'

/** What a tool may know about the call it serves. The model never sees any of it. */
export interface ToolContext extends RunInfo {
  readonly callId: string
  /** The same whenever this very call is executed again: hand it to whatever the tool changes. */
  readonly idempotencyKey: string
  /** 1 for the first execution; above it when a crash left an earlier one without a recorded result. */
  readonly attempt: number
  /** Whether the model had read what an `untrusted` tool or provider gave when it made the call: it may be a stranger's wish. */
  readonly hasReadUntrusted: boolean
  /** What the caller, or the app's `context`, gave the run for its code. */
  readonly values: InvocationValues
  /** The app's orchestrations; `undefined` when the agent runs without an app. */
  readonly durable?: DurableToolContext | undefined
  /** Aborts when the time limit passes or the run must stop. */
  readonly signal: AbortSignal
  /** Tells whoever follows the run how far the tool has got; not the model. It is provisional: a call that is begun again tells it again. */
  readonly reportProgress: (progress: JsonValue) => void
}
