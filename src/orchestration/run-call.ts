import type { JsonObject } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'

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
}
