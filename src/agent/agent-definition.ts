import type { Clock } from '../core/clock.js'
import type { Issue } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import type { MayReturn } from '../core/may-return.js'
import type { AgentResponse, AgentResponseUpdate } from '../core/response.js'
import type { Schema } from '../core/schema.js'
import type { ChatClient, ChatRequest, ToolDeclaration } from '../model/chat-client.js'
import type { UndoneRun } from '../run/events.js'
import type { AgentMiddleware } from './middleware.js'
import type { CompactionStrategy } from './providers/compaction.js'
import type { ProvidedContext, ProviderContext } from './providers/provider-context.js'
import type { PendingOutcome, ToolOutcome } from './tools/invoke-tool.js'
import type { ToolContext } from './tools/tool-context.js'

/** What every model call of an agent is made with, unless a run says otherwise. */
export type ModelSettings = Pick<
  ChatRequest,
  'background' | 'temperature' | 'topP' | 'maxOutputTokens' | 'providerOptions' | 'toolChoice'
>

/** What carrying out a run needs to know of its agent. */
export interface AgentDefinition {
  readonly name: string
  readonly client: ChatClient
  readonly instructions: string | undefined
  readonly tools: readonly (Tool | ToolSource)[]
  readonly contextProviders: readonly ContextProvider[]
  /** Outermost first. */
  readonly middleware: readonly AgentMiddleware[]
  readonly modelSettings: ModelSettings
  /** The shape of the answers of runs that ask for no other. */
  readonly responseFormat: Schema | undefined
  /** Most model calls one run may make. */
  readonly maxSteps: number
  /** What of the conversation the model is shown. */
  readonly compaction: CompactionStrategy
  /** Longest time of one model call; ms. */
  readonly stepTimeoutMs: number | undefined
  /** Longest time of one run from its acceptance on, not counting what it waited for approvals; ms. */
  readonly runTimeoutMs: number | undefined
  /** Most tokens one run may spend before it makes another model call. */
  readonly maxTokensPerRun: number | undefined
  /** What becomes of a run that has spent them. */
  readonly onMaxTokens: MaxTokensPolicy
  /** Most tokens a session may spend, likewise. */
  readonly maxTokensPerSession: number | undefined
  /** Most tools that run at the same time. */
  readonly maxParallelTools: number
}

/** What becomes of a run that has spent its tokens: it fails, or a human is asked for as many again. */
export type MaxTokensPolicy = 'fail' | 'ask'

/**
 * What to do with a call that was begun and has no result, because its process died: run it again; ask a human whether
 * to; or tell the model that nobody knows.
 */
export type UnknownOutcomePolicy = 'retry' | 'ask' | 'fail'

/** What the destination says of a call whose outcome is unknown. */
export type Reconciliation<Result = unknown> =
  /** It took effect; this is what it gave. */
  | { readonly outcome: 'done'; readonly result: Result }
  /** It did not: run it again. */
  | { readonly outcome: 'not_done' }
  /** The destination cannot say: do as `onUnknownOutcome` says. */
  | { readonly outcome: 'unknown' }

/** A call whose effect is to be undone. */
export interface UndoneCall<Result = unknown> {
  /** What it gave, as JSON gives it back; `undefined` when it was cut off and nobody knows whether it took effect. */
  readonly result: Result | undefined
  /** What `execute` had as `idempotencyKey`. */
  readonly idempotencyKey: string
}

/** A function that a model may call. Made by `tool()`. */
export interface Tool {
  readonly name: string
  readonly declaration: ToolDeclaration
  /** Whether running it changes nothing. */
  readonly readOnly: boolean
  /** Whether strangers write what it gives. */
  readonly untrusted: boolean
  /** Whether a human has to agree to a call that the model makes when it has read what an `untrusted` tool gave. */
  readonly asksAfterUntrusted: boolean
  readonly onUnknownOutcome: UnknownOutcomePolicy
  /** Whether `onUnknownOutcome` is `ask` only because nothing is known of the tool: it is not marked, nobody has chosen that, and there is no `reconcile`. @default false */
  readonly asksByDefault?: boolean | undefined
  readonly approvalTimeoutMs: number | undefined
  /** How many people have to agree to a call that humans are asked about. @default 1 */
  readonly approvers?: number | undefined
  /** Present when an agent does the work: its run then stands in for `invoke`. */
  readonly delegate?: ToolDelegate | undefined
  /**
   * Validates the arguments and runs the tool. Never rejects, unless `context.signal` aborts it from outside.
   * @throws {AgentError} `outcome_unknown` when what the tool calls was cut off: `onUnknownOutcome` then applies.
   */
  invoke(args: unknown, context: ToolContext, clock?: Clock): Promise<ToolOutcome | PendingOutcome>
  /** What is wrong with the arguments; empty when they fit. */
  check(args: unknown): Promise<readonly Issue[]>
  /** Whether a human has to agree to this call. Arguments that do not fit need nobody: they only lead to an error. */
  needsApproval(args: unknown, context: ToolContext): Promise<boolean>
  /** Undoes what a call has done, and otherwise does as `invoke`; absent when that cannot be undone. */
  undo?(
    args: unknown,
    undone: UndoneCall<JsonValue>,
    context: ToolContext,
    clock?: Clock,
  ): Promise<ToolOutcome | PendingOutcome>
  /** What became of a call that was cut off. @throws what the destination throws, or when it gives no {@link Reconciliation}. */
  reconcile(args: unknown, context: ToolContext): Promise<Reconciliation<JsonValue>>
}

/** An agent that answers a tool's calls. */
export interface ToolDelegate {
  readonly agent: AgentDefinition
  /** Whether it knows the conversation in which it is asked. */
  readonly propagateSession: boolean
  /** In a run that undoes another one: which of its runs a call has the agent undo, instead of asking it. */
  readonly undoes?: ((callId: string) => UndoneRun) | undefined
  /** Told what it says while it works. */
  readonly onUpdate?: ((update: AgentResponseUpdate, context: ToolContext) => void) | undefined
  /** What it is asked. */
  toMessage(args: unknown): string
}

/** Where tools come from that are found out while the app runs, such as those of an MCP server. */
export interface ToolSource {
  /** Names its state in the session; no other source or provider of the agent may have the same name. */
  readonly name: string
  /** Whether strangers write what its tools give. @default false */
  readonly untrusted?: boolean | undefined
  /** Called at each execution of a run, before its first step there. A throw fails the run. */
  tools(context: ProviderContext): Promise<readonly Tool[]>
}

/**
 * Gives runs what they need to know, and learns from them: documents, memories, skills. What `beforeRun` gives is
 * recorded, so a run that is gone on with after a crash does not ask again.
 */
export interface ContextProvider {
  /** Names its state in the session; no other source or provider of the agent may have the same name. */
  readonly name: string
  /** Whether strangers write what `beforeRun` gives, such as documents that were found. @default false */
  readonly untrusted?: boolean | undefined
  /** Called once for each run, before its first model call; all providers side by side. A throw fails the run. */
  beforeRun?(context: ProviderContext): MayReturn<ProvidedContext>
  /** Tools for this run. Called at each execution, as code cannot be recorded. A throw fails the run. */
  tools?(context: ProviderContext): readonly Tool[] | Promise<readonly Tool[]>
  /**
   * Called when the run has its answer, before that is recorded: after a crash it may be called again for the same
   * `correlationId`. A throw is reported and changes nothing. Runs that fail or are cancelled are not told of.
   */
  afterRun?(context: ProviderContext, response: AgentResponse): void | Promise<void>
}

/** Whether an entry of an agent's tools gives more of them. */
export function isToolSource(entry: Tool | ToolSource): entry is ToolSource {
  return 'tools' in entry
}

/** The tools among an agent's own that are known without a run. */
export function toStaticTools({ tools }: Pick<AgentDefinition, 'tools'>): readonly Tool[] {
  return tools.filter((entry): entry is Tool => !isToolSource(entry))
}
