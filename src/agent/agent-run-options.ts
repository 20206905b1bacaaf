import type { ChatMessage, ToolChoice } from '../core/messages.js'
import type { Schema } from '../core/schema.js'
import type { ModelSettings, Tool, ToolSource } from './agent-definition.js'
import type { AgentSession } from './agent-session.js'
import type { ApprovalHandler } from './ask-approval.js'
import type { InvocationValues } from './providers/provider-context.js'

export interface AgentRunOptions<ResponseSchema extends Schema = Schema> {
  /** The conversation that this run goes on with and becomes part of. @default none */
  readonly session?: AgentSession | undefined
  /** The conversation so far, oldest first, when there is no session. @default none */
  readonly history?: readonly ChatMessage[] | undefined
  /** More tools, for this run. @default none */
  readonly tools?: readonly (Tool | ToolSource)[] | undefined
  /** Which tools the model may or must call; that it must holds for the first model call. @default the agent's */
  readonly toolChoice?: ToolChoice | undefined
  /** Settings of this run's model calls, before the agent's own. @default none */
  readonly modelSettings?: Omit<ModelSettings, 'toolChoice'> | undefined
  /**
   * Whether the model works on in the background: the response, or each update, then has a `continuationToken`. For
   * clients that can do so, such as that of OpenAI's Responses API. @default the agent's `modelSettings`
   */
  readonly background?: boolean | undefined
  /** Comes back for the answer that this token of an earlier run stands for; nothing is asked. */
  readonly continuationToken?: string | undefined
  /** The shape of the answer; `value` of the response then has its type. @default the agent's */
  readonly responseFormat?: ResponseSchema | undefined
  /** What the run's tools and providers may know and the model may not. @default none */
  readonly context?: InvocationValues | undefined
  /** Named string pairs for tools and providers, as callers of a durable agent may send them. @default none */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** @default true */
  readonly enableToolCalls?: boolean | undefined
  /** Asks a human about a tool call that needs one to agree; the run waits for the answer. @default such a call ends the run with an error */
  readonly onApproval?: ApprovalHandler | undefined
  /** Told of failures that do not end the run, such as those of a provider that is told its answer. @default a warning of the process */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Ends the run, and the work on an answer in the background; awaiting it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Options with which the answer is there, in its type, when the run has ended. Where the agent's own `modelSettings` ask for the
 * background, `background: true` here says so to the type of `value` too.
 */
export interface TypedRunOptions<ResponseSchema extends Schema> extends AgentRunOptions<ResponseSchema> {
  readonly responseFormat: ResponseSchema
  readonly background?: false | undefined
  readonly continuationToken?: undefined
}
