import type { JsonValue } from '../../../core/json.js'
import type { Usage } from '../../../core/messages.js'
import type { ApprovalReason } from '../../../run/events.js'

/** What `metadata` of an answer's message says. */
export interface UiMetadata {
  readonly sessionId?: string
  readonly correlationId?: string
  /** ISO 8601, UTC. */
  readonly createdAt?: string
  /** What the run has spent so far. */
  readonly usage?: Usage
  /** Why there is no whole answer. */
  readonly error?: UiError
}

export interface UiError {
  /** As everywhere (docs/http.md, Errors), or `run_unfinished`: the run goes on, but its stream does not. */
  readonly code: string
  readonly message: string
}

/** What a human is to know who decides about a tool call. */
export interface ApprovalDescriptor {
  /** The tool that is called, which is another agent's when `agent` is there. */
  readonly name: string
  readonly arguments: JsonValue
  readonly reason: ApprovalReason
  /** ISO 8601, UTC; from then on it counts as rejected. */
  readonly expiresAt?: string | undefined
  readonly agent?: string | undefined
}

/**
 * The chunks of a UI message stream that tell a run. Source: `ai` 7, `uiMessageChunkSchema`; `reset-step` takes back all that
 * the present step has said.
 */
export type UiChunk =
  | { readonly type: 'start'; readonly messageId: string; readonly messageMetadata: UiMetadata }
  | { readonly type: 'start-step' | 'finish-step' | 'reset-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'file'; readonly url: string; readonly mediaType: string }
  | { readonly type: 'tool-input-start'; readonly toolCallId: string; readonly toolName: string }
  | {
      readonly type: 'tool-input-available'
      readonly toolCallId: string
      readonly toolName: string
      readonly input: JsonValue
      /** The client has nothing to do about the call; else it is to carry it out. */
      readonly providerExecuted?: true
    }
  | {
      readonly type: 'data-tool-progress'
      readonly id: string
      readonly data: JsonValue
      readonly transient: true
    }
  | {
      readonly type: 'tool-output-available'
      readonly toolCallId: string
      readonly output: JsonValue
      readonly providerExecuted: true
    }
  | {
      readonly type: 'tool-output-error'
      readonly toolCallId: string
      readonly errorText: string
      readonly providerExecuted: true
    }
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | {
      readonly type: 'tool-approval-request'
      readonly approvalId: string
      readonly toolCallId: string
      readonly approvalDescriptor: ApprovalDescriptor
    }
  | {
      readonly type: 'tool-approval-response'
      readonly approvalId: string
      readonly approved: boolean
      readonly reason?: string | undefined
    }
  | { readonly type: 'steering-message'; readonly id: string; readonly parts: readonly UiUserPart[] }
  | { readonly type: 'message-metadata'; readonly messageMetadata: UiMetadata }
  | { readonly type: 'finish'; readonly finishReason: UiFinish; readonly messageMetadata: UiMetadata }
  | { readonly type: 'abort'; readonly reason: string }
  | { readonly type: 'error'; readonly errorText: string }

export type UiFinish = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'other'

/** A part of what the user says. */
export type UiUserPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly mediaType: string; readonly url: string }
