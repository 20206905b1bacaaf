import type { JsonObject } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'
import type { RunReplyError } from '../session/replies/run-reply.js'

/** A run request as it travels to an entity, in the field names of the peers' run request. */
export interface RunCall {
  readonly correlationId: string
  readonly message?: string
  readonly messages?: readonly ChatMessage[]
  readonly enable_tool_calls: boolean
  readonly response_schema?: JsonObject | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly owner?: string | undefined
}

/** The input of the orchestration that runs an agent. */
export interface AgentRunInput {
  readonly agent: string
  /** The session's key. */
  readonly session: string
  readonly request: RunCall
  /** Whether a failure of the run is to be given as a result, for those who wait for several runs at once. @default false */
  readonly settle?: boolean
}

/** What an orchestration that was to settle gives when the run failed. */
export interface FailedAgentRun {
  readonly error: RunReplyError
}
