import type { JsonObject, JsonValue } from '../../../core/json.js'

/**
 * The events that tell a run. Source: AG-UI 1.0, `@ag-ui/core`, `EventSchemas`. Fields that older clients do not know
 * (`usage`, `protocolVersion`) mean nothing to them; for outcomes see `toOlderOutcome`.
 */
export type AguiEvent =
  | {
      readonly type: 'RUN_STARTED'
      readonly threadId: string
      readonly runId: string
      readonly protocolVersion: '1.0'
      readonly metadata: JsonObject
    }
  | { readonly type: 'STEP_STARTED' | 'STEP_FINISHED'; readonly stepName: string }
  | { readonly type: 'TEXT_MESSAGE_START'; readonly messageId: string; readonly role: 'assistant' }
  | { readonly type: 'REASONING_MESSAGE_START'; readonly messageId: string; readonly role: 'reasoning' }
  | {
      readonly type: 'TEXT_MESSAGE_CONTENT' | 'REASONING_MESSAGE_CONTENT'
      readonly messageId: string
      readonly delta: string
    }
  | {
      readonly type: 'TEXT_MESSAGE_END' | 'REASONING_START' | 'REASONING_MESSAGE_END' | 'REASONING_END'
      readonly messageId: string
    }
  | {
      readonly type: 'TOOL_CALL_START'
      readonly toolCallId: string
      readonly toolCallName: string
      readonly parentMessageId: string
    }
  | { readonly type: 'TOOL_CALL_ARGS'; readonly toolCallId: string; readonly delta: string }
  | { readonly type: 'TOOL_CALL_END'; readonly toolCallId: string }
  | {
      readonly type: 'TOOL_CALL_RESULT'
      readonly messageId: string
      readonly toolCallId: string
      readonly content: string
      readonly role: 'tool'
    }
  | { readonly type: 'MESSAGES_SNAPSHOT'; readonly messages: readonly AguiMessage[] }
  | { readonly type: 'CUSTOM'; readonly name: 'tool_progress' | 'cut_off'; readonly value: JsonValue }
  | {
      readonly type: 'RUN_FINISHED'
      readonly threadId: string
      readonly runId: string
      readonly result?: JsonValue | undefined
      readonly outcome?: AguiOutcome | undefined
      readonly usage: readonly AguiUsage[]
    }
  | AguiError

/** Why a run failed; also the body of every other answer that is none. */
export interface AguiError {
  readonly type: 'RUN_ERROR'
  readonly message: string
  readonly code: string
  readonly usage?: readonly AguiUsage[]
}

export type AguiOutcome =
  /** Tool calls that the client is to carry out are no interrupt: the run has ended well, and names them. */
  | { readonly type: 'success'; readonly pendingToolCallIds?: readonly string[] }
  | { readonly type: 'cancelled' }
  | { readonly type: 'interrupt'; readonly interrupts: readonly AguiInterrupt[] }

/** A question to a human; `resume` of the next input answers it. */
export interface AguiInterrupt {
  readonly id: string
  readonly reason: 'tool_call'
  readonly message: string
  readonly toolCallId: string
  readonly responseSchema: JsonObject
  /** ISO 8601, UTC; from then on it counts as rejected. */
  readonly expiresAt?: string | undefined
  readonly metadata: JsonObject
}

export interface AguiUsage {
  readonly model?: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
}

/** A message as clients keep it; of those that they send, more than this is passed back as it came. */
export interface AguiMessage {
  readonly id: string
  readonly role: string
  readonly [field: string]: unknown
}
