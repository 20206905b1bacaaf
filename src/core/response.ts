import type { JsonValue } from './json.js'
import type { ChatMessage, Content, Usage } from './messages.js'

/** What an agent answered: one run's outcome. */
export interface AgentResponse<Value = unknown> {
  /** The answer's text; empty when the model only produced other contents. */
  readonly text: string
  /** Everything the run added to the conversation after the user's message: assistant and tool messages, in order. */
  readonly messages: readonly ChatMessage[]
  /** Summed over all model calls of the run. */
  readonly usage: Usage
  /** The run's correlation id. */
  readonly responseId: string
  /** Why the model ended its last answer: `stop`, or e.g. `length` when it was cut short; `undefined` when no model answered. */
  readonly finishReason?: string | undefined
  /** The answer as the response schema's type; `undefined` when the run had no schema, or the model works on in the background. */
  readonly value: Value
  /** Present when the model works on in the background: pass it to the next run to come back for the answer. */
  readonly continuationToken?: string | undefined
}

/** One increment of an answer that is being made. */
export interface AgentResponseUpdate {
  readonly role: 'assistant' | 'tool'
  /** New text, reasoning, media, tool calls or tool results, or a refusal; never what was sent before. */
  readonly contents: readonly Content[]
  /** The new text, or the words of a refusal; empty for updates without any. */
  readonly text: string
  /** Present when the model works in the background: a run that is passed it goes on after this update. */
  readonly continuationToken?: string | undefined
  /**
   * Present when the text and reasoning since the last tool call or result, or since the beginning, are void: the model call
   * broke off and is made again, or its answer was changed by middleware or did not fit the response format. What takes their
   * place follows.
   */
  readonly isReset?: true | undefined
  /** What a tool that is still running has told of itself. */
  readonly progress?: ToolProgressUpdate | undefined
}

/** News of a tool that is still running. */
export interface ToolProgressUpdate {
  readonly callId: string
  /** The tool's name. */
  readonly name: string
  /** What it yielded or reported. */
  readonly progress: JsonValue
}
