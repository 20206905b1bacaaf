import type { Issue } from '../core/errors.js'
import type { JsonObject, JsonValue } from '../core/json.js'
import type { ChatMessage, ToolChoice, Usage } from '../core/messages.js'
import type { Problem } from '../core/problem.js'
import type { TraceContext } from '../core/trace-context.js'
import type { Decision } from './control.js'
import type { WireUsage } from './wire-usage.js'

/** What a caller asked for, as it is kept: the data of `run.accepted`. */
export interface RunRequest {
  /** New messages of the user, oldest first; at least one. */
  readonly messages: readonly ChatMessage[]
  readonly options: RunOptions
  /** Whom the session belongs to; absent when nobody was signed in. */
  readonly owner?: string | undefined
  /** SHA-256 (hex) of everything that makes two requests the same. */
  readonly digest: string
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** The digest of the attachment that has what was said in the session that this run's continues; absent when none. */
  readonly inherited?: string | undefined
  /** The orchestration that is told when the run ends; absent when none waits for it. */
  readonly orchestrationId?: string | undefined
  /** Where in the caller's trace it was accepted; no part of `digest`. Absent when nobody traces the app. */
  readonly trace?: TraceContext | undefined
}

export interface RunOptions {
  /** Whether the model may call tools. */
  readonly enableToolCalls: boolean
  /** What to do when an earlier message of the session is still being answered. @default 'queue' */
  readonly onBusy?: OnBusy | undefined
  /** Which tools the model may or must call; that it must holds for the run's first model call. @default the agent's */
  readonly toolChoice?: ToolChoice | undefined
  /** JSON Schema that the answer must fit. */
  readonly responseSchema?: JsonObject | undefined
  /** What the caller wants of this run's answer, in its words; the model is shown it as the caller's. @default nothing */
  readonly instructions?: string | undefined
  /** What the caller itself does when the model asks for it; absent when nothing. */
  readonly tools?: readonly CallerTool[] | undefined
  /** The run of the session whose place this one takes: that one, and what was said since, is taken back. What tools have done stays done. @default none */
  readonly replaces?: string | undefined
  /** The session, of the same agent and owner, whose conversation the new session of this run goes on from. @default none */
  readonly continues?: ContinuedSession | undefined
  /** The run of the session whose effects this one undoes; its model is not asked. @default none */
  readonly undoes?: UndoneRun | undefined
  /** When the message was to be sent; ISO 8601, UTC. @default at once */
  readonly sendAt?: string | undefined
  /** Where the caller is told how the run ends, and that it waits; a URL that the app has allowed. @default nowhere */
  readonly webhook?: string | undefined
}

/** Where a new session goes on from. */
export interface ContinuedSession {
  readonly session: string
  /** The last run that counts. @default the last that has ended */
  readonly run?: string | undefined
}

/** The run of which a run undoes what its tools have done. */
export interface UndoneRun {
  readonly run: string
  /** Whether what can be undone is, where other things cannot. @default false: all of it, or nothing */
  readonly partial?: boolean | undefined
}

/** A tool that the caller of a run carries out: the run waits for what it reports. */
export interface CallerTool {
  /** What the model calls it: 1-64 letters, digits, `_` or `-`. */
  readonly name: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** JSON Schema of the arguments, an object. */
  readonly parameters: JsonObject
}

/**
 * What a message does that comes while an earlier one is being answered: waits its turn, is refused, stops the earlier
 * run and takes its place, or joins it before its next model call.
 */
export type OnBusy = 'queue' | 'reject' | 'interrupt' | 'steer'

/** The body of a successful answer, as callers get it (docs/http.md, What comes back). */
export interface RunAnswer {
  readonly response: string
  /** The text the user sent. */
  readonly message: string
  readonly sessionId: string
  readonly status: 'success'
  /** How many messages the user has sent in this session. */
  readonly message_count: number
  readonly correlationId: string
  readonly usage: WireUsage
  readonly value?: JsonValue | undefined
  /** Why the answer is not whole; absent when it is. */
  readonly finishReason?: 'length' | 'content_filter' | undefined
}

type EventOf<Type extends string, Data> = { readonly type: Type; readonly data: Data }

/** A model's finished answer; the intent record of the tool calls in it. */
export interface StepCompleted {
  /** 0 for the run's first model call. */
  readonly step: number
  readonly message: ChatMessage
  readonly usage: Usage
  readonly finishReason: string
  /** Empty when none was asked: in runs that undo others. */
  readonly model: string
}

export interface ToolStarted {
  readonly callId: string
  readonly name: string
  readonly arguments: JsonObject | string
  /** The same whenever this call is executed again. */
  readonly idempotencyKey: string
  /** 1 for the first execution. */
  readonly attempt: number
}

export interface ToolCompleted {
  readonly callId: string
  readonly result?: JsonValue | undefined
  readonly error?: string | undefined
  /** `true` when the call may have taken effect for all that `error` says. */
  readonly isUnknown?: boolean | undefined
  readonly durationMs: number
  /** What another agent spent on it. */
  readonly usage?: Usage | undefined
}

/** An answer that does not fit the schema that was asked for; the model is asked for another one. */
export interface AnswerRejected {
  readonly step: number
  /** Where it does not fit, and why. */
  readonly issues: readonly Issue[]
}

/** What a tool that is still running has told of itself. */
export interface ToolProgress {
  readonly callId: string
  readonly name: string
  readonly progress: JsonValue
}

/** A tool call whose result will come from outside, after the tool itself has returned. */
export interface ToolPending {
  readonly callId: string
  /** When it began to wait; ms since 1970 UTC. */
  readonly since: number
  /** What is waited for within a run that works for this call; absent when the call itself is pending. */
  readonly inner?: readonly string[] | undefined
}

/**
 * Why a human is asked. `policy`: the tool asks for it; `untrusted_content`: the model has read what an `untrusted` tool gave,
 * and may be following a stranger; `budget_exhausted`: the run has spent its tokens, and to approve grants it as many again, and says nothing about the call;
 * `unknown_outcome`: an earlier execution was cut off, and may have taken effect.
 */
export type ApprovalReason = 'policy' | 'untrusted_content' | 'budget_exhausted' | 'unknown_outcome'

/** A tool call that waits for a human. */
export interface ApprovalRequested {
  /** Issued once; a decision names it. */
  readonly approvalId: string
  readonly callId: string
  readonly name: string
  readonly arguments: JsonObject | string
  readonly reason: ApprovalReason
  /** How many people have to agree, each to the same arguments; absent when one does. */
  readonly approvers?: number | undefined
  /** Who of them has agreed, each in an approval of its own before this one; whom nobody knows as an empty text. */
  readonly approvedBy?: readonly string[] | undefined
  /** ISO 8601, UTC; from then on it counts as rejected. */
  readonly expiresAt?: string | undefined
  /** Present when the call is one of another agent's, to which this call was given: where the decision goes. */
  readonly inner?: { readonly agent: string; readonly approvalId: string } | undefined
}

/** What the turns of a session up to `upToTurn` were boiled down to. */
export interface HistorySummarized {
  readonly upToTurn: number
  readonly text: string
  readonly usage: Usage
}

/** What the agent's providers and middleware gave a run before its first model call. */
export interface RunPrepared {
  /** What the model is told in place of the agent's instructions; absent when it is told those. */
  readonly instructions?: string | undefined
  /** What the model is shown between the history and the user's messages. */
  readonly messages?: readonly ChatMessage[] | undefined
  /** What the model is shown in place of the user's messages; absent when it is shown those. */
  readonly request?: readonly ChatMessage[] | undefined
  /** The run's answer, when one was given without asking the model. */
  readonly answer?: PreparedAnswer | undefined
}

export interface PreparedAnswer {
  readonly text: string
  /** The place of the middleware that gave it, from 0 for the outermost. */
  readonly by: number
}

/** What an agent's providers keep in a session: a JSON object each, by the provider's name. */
export type SessionState = Readonly<Record<string, JsonObject>>

/** A piece of an answer that is being made. */
export interface StepDelta {
  readonly step: number
  readonly text: string
  /** The token to go on after it with; kept only where the run's caller is the one to go on. */
  readonly continuation?: string | undefined
}

/** A model works on its answer in the background: whoever has the token need not ask again. */
export interface StepContinued {
  readonly step: number
  /** Absent when the answer is lost, and has to be asked for anew. */
  readonly token?: string | undefined
}

/** Why a run stands still without a process working on it. */
export type ParkReason = 'approval' | 'tool' | 'background' | 'operation_limit'

export interface RunStarted {
  /** Grows with each executor that takes the run over; the first has 1. */
  readonly epoch: number
  /** How often the run was begun without ending. */
  readonly attempt: number
  /** The place of this run among the session's, counted from 1; the newest `run.started` holds. */
  readonly turn: number
  /** The turn of the run whose place this one takes; absent when it takes none. */
  readonly replacesTurn?: number | undefined
  /** Another one for each executor, which so can tell its own beginning from an equal one; absent in what older releases wrote. */
  readonly executor?: string | undefined
  /** The executor's own place in a trace; absent when nobody traces the app. */
  readonly trace?: TraceContext | undefined
}

/** Something that happened in a run, as written to its log and streamed to its followers (docs/http.md, Events). */
export type RunEvent =
  | EventOf<'run.accepted', RunRequest>
  | EventOf<'run.started', RunStarted>
  | EventOf<'message.delta', StepDelta>
  | EventOf<'reasoning.delta', StepDelta>
  | EventOf<'step.reset', { readonly step: number }>
  | EventOf<'step.continued', StepContinued>
  | EventOf<'step.completed', StepCompleted>
  | EventOf<'tool.started', ToolStarted>
  | EventOf<'tool.progress', ToolProgress>
  | EventOf<'tool.completed', ToolCompleted>
  | EventOf<'answer.rejected', AnswerRejected>
  | EventOf<'tool.pending', ToolPending>
  | EventOf<'approval.requested', ApprovalRequested>
  | EventOf<'approval.decided', Decision>
  | EventOf<'run.parked', { readonly reason: ParkReason; readonly until?: string | undefined }>
  | EventOf<'run.resumed', { readonly reason: ParkReason }>
  /** Whoever carries the run out is at work, and has had nothing else to tell for a while. */
  | EventOf<'run.alive', Readonly<Record<string, never>>>
  /** The session's turns up to one were boiled down for the model. */
  | EventOf<'history.summarized', HistorySummarized>
  /** Asked once, before the first model call; written only for agents with providers or middleware. */
  | EventOf<'run.prepared', RunPrepared>
  /** What some providers keep in the session has become this. */
  | EventOf<'state.changed', { readonly state: SessionState }>
  /** Messages of another run joined this one. */
  | EventOf<'run.steered', { readonly run: string; readonly messages: readonly ChatMessage[] }>
  /** This run's messages joined another one, whose outcome becomes its own. */
  | EventOf<'run.joined', { readonly run: string }>
  | EventOf<'run.completed', RunAnswer>
  | EventOf<'run.failed', Problem>
  | EventOf<'run.cancelled', { readonly reason: string; readonly text: string }>

export type RunEventType = RunEvent['type']

/** An event with its place in the log. */
export type StoredEvent = RunEvent & {
  /** Dense, from 0 within the run. */
  readonly id: number
  /** Milliseconds since 1970 UTC. */
  readonly at: number
}

/** The one event that ends a run. */
export type TerminalEvent = Extract<RunEvent, { type: 'run.completed' | 'run.failed' | 'run.cancelled' }>

/** True for the event that ends a run. */
export function isTerminal(event: RunEvent): event is TerminalEvent {
  return event.type === 'run.completed' || event.type === 'run.failed' || event.type === 'run.cancelled'
}

/** What a run was asked: its log begins with that. `undefined` when there is no log. */
export function toRunRequest([accepted]: readonly RunEvent[]): RunRequest | undefined {
  return accepted?.type === 'run.accepted' ? accepted.data : undefined
}
