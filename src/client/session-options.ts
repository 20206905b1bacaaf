import {
  checkFunction,
  checkList,
  checkOptions,
  checkSignal,
  type OptionNames,
} from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import type { JsonObject } from '../core/json.js'
import { type Schema, toJsonSchema } from '../core/schema.js'
import type { ApprovalRequested, OnBusy } from '../run/events.js'
import type { ClientTool } from './client-tool.js'

/** What a human says about a tool call that waits. */
export interface RemoteDecision {
  readonly decision: 'approve' | 'reject'
  /** Told to the model when the call is rejected. */
  readonly reason?: string | undefined
  /** Used instead of the model's when the call is approved. @default the model's */
  readonly arguments?: JsonObject | undefined
}

/** Who answers what a run asks on its way. */
export interface RunHelpers {
  /** What is carried out here when the model asks for it. @default nothing */
  readonly tools?: readonly ClientTool[] | undefined
  /** Asks a human about a tool call that needs one to agree. @default the run is left waiting */
  readonly onApproval?:
    | ((approval: ApprovalRequested) => RemoteDecision | Promise<RemoteDecision>)
    | undefined
}

/** A part of a message: text, or a file by https URL or data URI. */
export type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'file'; readonly url: string; readonly mediaType?: string | undefined }

/** Where a new session goes on from. */
export interface ContinuedConversation {
  readonly sessionId: string
  /** The last run that counts. @default the last that has ended */
  readonly correlationId?: string | undefined
}

export interface RemoteRunOptions<ResponseSchema extends Schema = Schema> extends RunHelpers {
  /**
   * Names the run: the same message sent again under it gives the same run. Keep it before sending where a restart of this
   * program must not send twice. @default a random one
   */
  readonly correlationId?: string | undefined
  /** The shape of the answer; `value` of the response then has its type, and else is what the app gives. @default the agent's */
  readonly responseFormat?: ResponseSchema | undefined
  /** What to do when an earlier message of the session is still being answered. @default 'queue' */
  readonly onBusy?: OnBusy | undefined
  /**
   * The correlation id of an earlier run of the session, whose place the message takes: that one, and what was said since, is taken
   * back, and stopped where it goes on. {@link RemoteSession.read} names the run of each line with `runs: true`. @default none
   */
  readonly replaces?: string | undefined
  /** For the first message of a new session: the session of the same agent that it goes on from, up to a run of that. @default none */
  readonly continues?: ContinuedConversation | undefined
  /** Where the app tells how the run ends, and that it waits: a URL at a host that the app has allowed. @default nowhere */
  readonly webhook?: string | undefined
  /** What is wanted of this run's answer, below the agent's own instructions; the app must take such (`callerInstructions`). @default nothing */
  readonly instructions?: string | undefined
  /** Up to 16 pairs of text, for the agent's tools and providers. @default none */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Whether the model may call tools. @default true */
  readonly enableToolCalls?: boolean | undefined
  /** Ends the waiting for the run, which goes on: {@link RemoteSession.cancel} stops it. */
  readonly signal?: AbortSignal | undefined
}

/** What can be said of a message that is sent later. */
export type RemoteScheduleOptions<ResponseSchema extends Schema = Schema> = Pick<
  RemoteRunOptions<ResponseSchema>,
  'correlationId' | 'responseFormat' | 'webhook' | 'instructions' | 'metadata' | 'enableToolCalls'
>

export interface RemoteUndoOptions
  extends Pick<
    RemoteRunOptions,
    'correlationId' | 'onBusy' | 'webhook' | 'metadata' | 'signal' | 'onApproval'
  > {
  /** What the conversation has as the message that asked for it. @default 'Undo what was done.' */
  readonly message?: string | undefined
  /** Whether what can be undone is, where other things cannot. @default false: all of it, or nothing */
  readonly partial?: boolean | undefined
}

const runOptions: OptionNames<RemoteRunOptions> = {
  correlationId: true,
  responseFormat: true,
  onBusy: true,
  replaces: true,
  continues: true,
  webhook: true,
  instructions: true,
  metadata: true,
  enableToolCalls: true,
  signal: true,
  tools: true,
  onApproval: true,
}

export const scheduleOptions: OptionNames<RemoteScheduleOptions> = {
  correlationId: true,
  responseFormat: true,
  webhook: true,
  instructions: true,
  metadata: true,
  enableToolCalls: true,
}

export const undoOptions: OptionNames<RemoteUndoOptions> = {
  correlationId: true,
  message: true,
  partial: true,
  onBusy: true,
  webhook: true,
  metadata: true,
  signal: true,
  onApproval: true,
}

/** What is sent the app checks. Of the rest, nobody would be asked by a misspelt `onApproval`. */
export function checkRunOptions(what: string, options: RemoteRunOptions): void {
  checkOptions(what, options, runOptions)
  const { tools = [], onApproval, signal } = options
  checkFunction(`onApproval of ${what}`, onApproval)
  checkSignal(`signal of ${what}`, signal)
  checkList(`tools of ${what}`, tools)
  const wrong = tools.findIndex((one) => typeof one?.execute !== 'function' || !one.declaration)
  if (wrong === -1) return
  const message = `Entry ${wrong} in the tools of ${what} is none: make it with clientTool({ ... }).`
  throw new AgentError('invalid_configuration', message)
}

/** What of a run's options is sent. */
export function toBody(
  input: string | readonly MessagePart[],
  {
    responseFormat,
    onBusy,
    replaces,
    continues,
    webhook,
    instructions,
    metadata,
    enableToolCalls,
    tools = [],
  }: RemoteRunOptions,
): JsonObject {
  const said = typeof input === 'string' ? { message: input } : { messages: [{ content: input }] }
  return {
    ...(said as JsonObject),
    onBusy,
    replaces,
    continues: continues && { ...continues },
    webhook,
    instructions,
    metadata,
    enableToolCalls,
    response_schema: responseFormat && toJsonSchema(responseFormat, 'responseFormat'),
    tools: tools.length === 0 ? undefined : tools.map(({ declaration }) => ({ ...declaration })),
  }
}
