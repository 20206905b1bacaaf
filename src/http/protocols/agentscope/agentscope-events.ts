/**
 * What AgentScope's clients read: a response, the messages in it, and what they hold. Every field is there, `null` when
 * there is nothing to say. Source: agentscope-runtime 1.1, `engine/schemas/agent_schemas.py`.
 */
export type AgentScopeEvent = ResponseEvent | MessageEvent | ContentEvent

/**
 * How far something is. `incomplete` is a response that stands still until a human has decided about a tool call, or a
 * message whose text is void, because its model call was made again.
 */
export type AgentScopeStatus = 'created' | 'in_progress' | 'completed' | 'canceled' | 'failed' | 'incomplete'

export interface AgentScopeError {
  readonly code: string
  readonly message: string
}

interface EventBase {
  /** Dense, from 0 within the response; `null` for what is told within another event. */
  readonly sequence_number: number | null
  readonly status: AgentScopeStatus
  readonly error: AgentScopeError | null
}

export interface ResponseEvent extends EventBase {
  readonly object: 'response'
  readonly id: string
  /** Seconds since 1970 UTC. */
  readonly created_at: number
  readonly completed_at: number | null
  /** The messages that have ended, oldest first, without void ones; `null` before there are any. */
  readonly output: readonly MessageEvent[] | null
  /** Of the whole run; `null` while it goes on. */
  readonly usage: AgentScopeUsage | null
  readonly session_id: string
}

export interface AgentScopeUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
}

export type MessageType =
  | 'message'
  | 'reasoning'
  | 'plugin_call'
  | 'plugin_call_output'
  | 'mcp_approval_request'

export interface MessageEvent extends EventBase {
  readonly object: 'message'
  readonly id: string
  readonly type: MessageType
  readonly role: 'assistant' | 'tool'
  /** One content; `null` until the message has ended. */
  readonly content: readonly ContentEvent[] | null
  readonly code: null
  readonly message: null
  readonly usage: null
  readonly metadata: null
}

/** What a content carries; data are a tool call, its result, or a question to a human. */
export type Payload =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'data'; readonly data: Readonly<Record<string, string>> }

export type ContentEvent = EventBase & {
  readonly object: 'content'
  readonly index: 0
  /** True for a piece that is added; what is whole takes the place of all pieces. */
  readonly delta: boolean
  readonly msg_id: string
} & Payload
