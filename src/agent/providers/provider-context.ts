import type { JsonValue } from '../../core/json.js'
import type { ChatMessage } from '../../core/messages.js'

/**
 * What a run's code may know and its model may not: tenant, request and user ids, tokens, connections. It is never
 * stored and never shown to the model.
 */
export type InvocationValues = Readonly<Record<string, unknown>>

/** Which run it is, for code that serves it. */
export interface RunInfo {
  readonly agentName: string
  /** The session's key; `undefined` when the agent runs without one. */
  readonly sessionId: string | undefined
  readonly correlationId: string
  /** Whom the session belongs to. */
  readonly owner: string | undefined
  /** What the caller stored with the run. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Makes a run's invocation values. A durable run may go on in another process, days later, so they are made anew at each
 * execution, from what is stored of the run: secrets are fetched, not kept.
 */
export type InvocationValuesFactory = (run: RunInfo) => InvocationValues | Promise<InvocationValues>

/** A JSON object to be changed in place. */
export type ProviderState = Record<string, JsonValue | undefined>

/** What a provider or a tool source may know of the run that it serves. */
export interface ProviderContext extends RunInfo {
  readonly values: InvocationValues
  /** What the user said, oldest first. */
  readonly messages: readonly ChatMessage[]
  /** The conversation before this run, as the model is shown it. */
  readonly history: readonly ChatMessage[]
  /**
   * What this provider keeps in the session. Changes count once the provider, or a tool of its, has returned. All
   * providers of a session together may keep 8,192 characters of JSON; what is larger belongs into a store of its own.
   */
  readonly state: ProviderState
  /** Aborts when the run must stop. */
  readonly signal: AbortSignal
}

/** What a provider adds to a run. */
export interface ProvidedContext {
  /** Said to the model after the agent's instructions. */
  readonly instructions?: string | undefined
  /** Shown to the model between the history and what the user said. They do not become part of the conversation. */
  readonly messages?: readonly ChatMessage[] | undefined
}
