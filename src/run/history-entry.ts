import type { WireUsage } from './wire-usage.js'

/** One tool call of an answer as callers see it. */
export interface ToolCallView {
  readonly id: string
  readonly name: string
  readonly arguments: unknown
  readonly result?: unknown
  readonly error?: string | undefined
}

/** One line of `conversation_history` (docs/http.md, What comes back). */
export interface HistoryEntry {
  readonly role: string
  readonly content: string
  /** ISO 8601, UTC. */
  readonly timestamp: string
  /** The run that it was said in; only when asked for, and absent for what no run has said. */
  readonly correlationId?: string
  /** How many files came with a message; only when runs are asked for, and absent when none did. */
  readonly files?: number
  /** The run that a message undoes; only when runs are asked for, and absent when it undoes none. */
  readonly undoes?: string
  /** The model that answered; only when runs are asked for, and absent where none was asked. */
  readonly model?: string
  readonly agent_response?: {
    readonly text: string
    readonly kind: 'agent_message' | 'agent_error'
    readonly tool_calls: readonly ToolCallView[]
    readonly usage: WireUsage
    /** Why the answer is not whole, `length` or `content_filter`; absent when it is. */
    readonly finishReason?: string
    readonly error?: { readonly code: string; readonly message: string }
  }
}

/** A message that is to be sent later. */
export interface ScheduledMessage {
  readonly correlationId: string
  /** ISO 8601, UTC. */
  readonly sendAt: string
  /** What the message says, its text alone. */
  readonly message: string
}
