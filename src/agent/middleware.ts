import type { JsonObject, JsonValue } from '../core/json.js'
import type { MayReturn } from '../core/may-return.js'
import type { ChatMessage } from '../core/messages.js'
import type { AgentResponse } from '../core/response.js'
import type { ChatAnswer, ChatRequest, ToolDeclaration } from '../model/chat-client.js'
import type { InvocationValues, RunInfo } from './providers/provider-context.js'
import type { ToolContext } from './tools/tool-context.js'

/** What middleware may know of the run that it stands around. */
export interface MiddlewareContext extends RunInfo {
  readonly values: InvocationValues
  /** Aborts when the run must stop. */
  readonly signal: AbortSignal
}

/** A run that is about to begin, as those further out have left it. */
export interface BeforeRunContext extends MiddlewareContext {
  /** What the model will be told. */
  readonly instructions: string | undefined
  /** What the model will be shown of what the user said; ahead of it the instructions of whoever asks, where the app takes any. */
  readonly messages: readonly ChatMessage[]
  /** The conversation before this run, as the model is shown it. */
  readonly history: readonly ChatMessage[]
}

/** What middleware makes of a run that is about to begin: another one, or an answer in its place. */
export type BeforeRunResult =
  | { readonly instructions?: string | undefined; readonly messages?: readonly ChatMessage[] | undefined }
  /** Ends the run with this answer: neither those further in nor the model are asked. It has to fit the run's response schema, if there is one. */
  | { readonly answer: string }

/** What middleware makes of a run's answer. */
export interface AfterRunResult {
  /** The answer's text, for the caller and for the conversation; what was streamed of it before stays said. */
  readonly text: string
}

/** A model call that is about to be made. */
export interface ModelCallContext extends MiddlewareContext {
  /** 0 for the run's first model call. */
  readonly step: number
  /** How often the run was begun without ending. Above 1, a process has died, maybe while it made this very call. */
  readonly attempt: number
  readonly request: ChatRequest
}

/** Makes the model call, through those further in; with another request if one is given. Each call of it asks the model anew. */
export type NextModelCall = (request?: ChatRequest) => Promise<ChatAnswer>

/** A tool call that is about to be executed. */
export interface ToolCallContext extends ToolContext {
  readonly tool: {
    readonly name: string
    readonly declaration: ToolDeclaration
    readonly readOnly: boolean
  }
  /** What the model wrote, or a human decided: not checked yet. */
  readonly arguments: JsonObject | string
}

/**
 * Executes the tool, through those further in; with other arguments if they are given. The tool's `approval` judges those too:
 * where a human is needed for them, the tool does not run, as whoever agreed to the call has seen others.
 * @throws what the tool threw, or that it did not run. When the tool has to wait for a human, or its outcome is unknown, it never returns.
 */
export type NextToolCall = (args?: JsonObject) => Promise<JsonValue>

/** Middleware around runs; see {@link AgentMiddleware}. */
export interface RunMiddleware {
  /** Called before a run, once: what it returns is recorded and not asked for again. A throw fails the run. */
  beforeRun?(context: BeforeRunContext): MayReturn<BeforeRunResult>
  /** Called when the run has its answer, before that is recorded: after a crash it may be called again. Runs that fail or are cancelled do not come here. A throw fails the run. */
  afterRun?(context: MiddlewareContext, response: AgentResponse): MayReturn<AfterRunResult>
}

/** Middleware around model calls; see {@link AgentMiddleware}. */
export interface ChatMiddleware {
  /** Stands around one model call. What it returns is what the model has said; text alone is an answer without costs. */
  callModel?(context: ModelCallContext, next: NextModelCall): Promise<ChatAnswer | string>
  /** Keeps back what the model says until `callModel` has returned, for those that change it. @default false */
  readonly holdsDeltas?: boolean | undefined
}

/** Middleware around tool calls; see {@link AgentMiddleware}. */
export interface FunctionMiddleware {
  /** Stands around one execution of a tool. What it returns is the tool's result, and must survive JSON; a throw is what the model is told. Returning `undefined` fails the run: what `next` gave would be lost. */
  callTool?(context: ToolCallContext, next: NextToolCall): Promise<unknown>
}

/**
 * Stands around an agent's runs, its model calls, its tool calls, or several of them: budgets, caches, retries,
 * redaction. The first in `middleware` is the outermost. What comes out of the outermost is what gets recorded, and what
 * is recorded is not done again after a crash, so middleware does not see it again either.
 *
 * Around model and tool calls it is a function that calls `next`. Around a run it is two halves: a run may begin in one
 * process and end in another, days later, and what a function remembers between them dies with its process. What the
 * second half has to know of the first belongs into a store, by `correlationId`.
 *
 * @example
 * const retryTools: AgentMiddleware = {
 *   async callTool({ tool }, next) {
 *     try {
 *       return await next()
 *     } catch (error) {
 *       if (!tool.readOnly) throw error
 *       return next()
 *     }
 *   },
 * }
 */
export interface AgentMiddleware extends RunMiddleware, ChatMiddleware, FunctionMiddleware {}
