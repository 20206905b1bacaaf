import type { JsonObject } from '../core/json.js'
import type { ChatMessage, ToolChoice, Usage } from '../core/messages.js'

/** A tool as a model sees it: no code. */
export interface ToolDeclaration {
  readonly name: string
  readonly description: string
  /** JSON Schema (2020-12) of an object. */
  readonly parameters: JsonObject
  /** Whether the provider should hold the model to the schema; `parameters` must then be in the strict subset. */
  readonly strict?: boolean | undefined
}

/** The shape the model's answer has to have. */
export interface ResponseFormat {
  readonly name: string
  /** JSON Schema of the answer. */
  readonly schema: JsonObject
  readonly strict?: boolean | undefined
}

/** Everything a model is asked. */
export interface ChatRequest {
  /** The whole conversation, oldest first; instructions come as `system` messages. */
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ToolDeclaration[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly responseFormat?: ResponseFormat | undefined
  /** 0-2. @default the provider's */
  readonly temperature?: number | undefined
  /** Up to which sum of probabilities tokens are chosen from; 0-1. @default the provider's */
  readonly topP?: number | undefined
  /** Most tokens the answer may have. @default the provider's */
  readonly maxOutputTokens?: number | undefined
  /** Provider settings passed on as they are. */
  readonly providerOptions?: JsonObject | undefined
  /**
   * Whether the provider works on the answer by itself: whoever asked may go away, and come back with the token of a
   * `continuation` event. Clients that cannot do so answer as always. @default false
   */
  readonly background?: boolean | undefined
  /** The token of an answer that the provider is making: it is gone on with, and nothing is asked. */
  readonly continuation?: string | undefined
}

/** Why the model stopped. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter'

/** A model's whole answer. */
export interface ChatAnswer {
  /** Role `assistant`. */
  readonly message: ChatMessage
  readonly usage: Usage
  readonly finishReason: FinishReason
  /** The model that answered, as it names itself. */
  readonly model: string
  /** What the provider calls this answer; absent when it does not say. */
  readonly responseId?: string | undefined
}

/** New text, and the token to go on after it with when the answer is made in the background. */
interface Delta {
  readonly text: string
  readonly continuation?: string | undefined
}

/**
 * What comes out of a model call: any number of deltas, then exactly one `completed` as the last event.
 * `reset` says that the call was begun again: every delta before it is void.
 * `continuation` brings the token with which a background answer can be come back to, from its first delta on; without a
 * token it says that the answer is lost, and has to be asked for anew. It is the last event when nobody follows the answer.
 */
export type ChatEvent =
  | ({ readonly type: 'text' } & Delta)
  | ({ readonly type: 'reasoning' } & Delta)
  | { readonly type: 'reset' }
  | { readonly type: 'continuation'; readonly token?: string | undefined }
  | ({ readonly type: 'completed' } & ChatAnswer)

/** How one model call is made. */
export interface ChatOptions {
  /** Aborting it ends the call at once; the stream then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** For background answers: `false` only looks where it stands, and returns. @default true */
  readonly follow?: boolean | undefined
}

/** A language model. Wrappers such as `withRetry` have this interface too. */
export interface ChatClient {
  /** Name of the model or deployment that is asked. */
  readonly model: string
  /** Who serves it, as OpenTelemetry names them (semantic conventions 1.41.0, `gen_ai.provider.name`), e.g. `openai`. @default unknown */
  readonly provider?: string | undefined
  /**
   * Asks the model and streams its answer.
   * @throws {AgentError} `model_error`, `model_timeout` or `rate_limited`; `retryable` says whether the same request may succeed later.
   */
  stream(request: ChatRequest, options?: ChatOptions): AsyncIterable<ChatEvent>
  /**
   * Ends the work on a background answer; nothing happens when that is over. Missing in clients that have none: what they
   * are asked is never come back to.
   * @throws {AgentError} `invalid_request` when the token is none of this client's; otherwise as `stream`.
   */
  cancel?(continuation: string, options?: Pick<ChatOptions, 'signal'>): Promise<void>
  /**
   * The token of what waits at the provider for the results of an answer's tool calls; `undefined` when nothing does. A run
   * that ends without asking again cancels it. Missing in clients whose answers leave nothing behind.
   */
  toWaiting?(answer: ChatMessage): string | undefined
  /**
   * Asks the server something that costs nothing, to see whether it is there and does not refuse the key. Missing in clients of servers
   * that have nothing of the kind.
   * @throws {AgentError} as `stream`, when it cannot be reached or refuses.
   */
  probe?(options?: Pick<ChatOptions, 'signal'>): Promise<ModelProbe>
}

/** What a model server says to a question that costs nothing. */
export type ModelProbe =
  /** It does not refuse the key, as far as it looks at one. */
  | { readonly outcome: 'reached' }
  /** It answers, but not so that one could tell whether it would answer model calls. */
  | { readonly outcome: 'unclear'; readonly detail: string }
