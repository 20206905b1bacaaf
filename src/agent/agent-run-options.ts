import { z } from 'zod'
import { checkOptions, type OptionNames } from '../core/check-options.js'
import { AgentError } from '../core/errors.js'
import { chatMessage } from '../core/message-schema.js'
import { type ChatMessage, createTextMessage } from '../core/messages.js'
import { type Schema, type SchemaOutput, toJsonSchema } from '../core/schema.js'
import type { ToolChoice } from '../core/tool-choice.js'
import type { AgentDefinition, ModelSettings, Tool, ToolSource } from './agent-definition.js'
import { checkModelSettings, checkTools } from './agent-options.js'
import type { AgentSession } from './agent-session.js'
import type { ApprovalHandler } from './ask-approval.js'
import { createInMemoryDelegation } from './delegate-in-memory.js'
import type { InvocationValues } from './providers/provider-context.js'
import type { StandaloneRun } from './run-standalone.js'

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
  /** The shape of the answer; `value` of the response then has its type. @default the agent's, whose type is not known here */
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

const runOptions: OptionNames<AgentRunOptions> = {
  session: true,
  history: true,
  tools: true,
  toolChoice: true,
  modelSettings: true,
  background: true,
  continuationToken: true,
  responseFormat: true,
  context: true,
  metadata: true,
  enableToolCalls: true,
  onApproval: true,
  onError: true,
  signal: true,
}

/** A run of an agent in memory, from what its caller says. @throws {AgentError} `invalid_request` for an input that is none and options that exclude each other, `invalid_configuration` for options that there are not. */
export function toStandaloneRun<ResponseSchema extends Schema>(
  agent: AgentDefinition,
  input: string | readonly ChatMessage[],
  options: AgentRunOptions<ResponseSchema>,
  { onEvent, followers }: Pick<StandaloneRun<unknown>, 'onEvent' | 'followers'>,
): StandaloneRun<SchemaOutput<ResponseSchema>> {
  checkOptions('run', options, runOptions)
  const { session, history = [], context = {}, metadata, enableToolCalls = true, toolChoice } = options
  const { tools = [], responseFormat, continuationToken, signal, onApproval, onError = warn } = options
  if (session !== undefined && history.length > 0) {
    throw new AgentError('invalid_request', 'A run takes its history from its session: pass one of the two.')
  }
  if (session !== undefined) checkSession(session)
  checkModelSettings('modelSettings of run', options.modelSettings)
  checkTools(`a run of agent "${agent.name}"`, tools)
  checkMessages('input', typeof input === 'string' ? [] : input)
  checkMessages('history', history)
  checkContinuation(agent, input, continuationToken)
  const messages = typeof input === 'string' ? [createTextMessage('user', input)] : input
  const responseSchema =
    responseFormat === undefined ? undefined : toJsonSchema(responseFormat, 'responseFormat')
  return {
    agent: {
      ...agent,
      tools: [...agent.tools, ...tools],
      modelSettings: toModelSettings(agent, options),
    },
    history,
    values: context,
    request: { messages, options: { enableToolCalls, toolChoice, responseSchema }, digest: '', metadata },
    continuationToken,
    followers,
    signal,
    onEvent,
    onApproval,
    onError,
    delegation: createInMemoryDelegation({ sessionId: session?.id, onApproval, onError }),
    responseFormat: (responseFormat ?? agent.responseFormat) as
      | Schema<SchemaOutput<ResponseSchema>>
      | undefined,
  }
}

/** What follows on a background answer is made in the background too. */
function toModelSettings(
  agent: AgentDefinition,
  { modelSettings, background, continuationToken }: AgentRunOptions,
): ModelSettings {
  const isBackground = background ?? (continuationToken === undefined ? undefined : true)
  const settings = { ...agent.modelSettings, ...modelSettings }
  return isBackground === undefined ? settings : { ...settings, background: isBackground }
}

function checkSession(session: AgentSession): void {
  if (typeof session.afterOthers === 'function') return
  const message = 'The session of a run must be one that createSession() or AgentSession.fromJSON() gave.'
  throw new AgentError('invalid_request', message)
}

/** Messages in another format, such as OpenAI's, would reach the model empty. */
function checkMessages(what: string, messages: readonly ChatMessage[]): void {
  const { error } = z.array(chatMessage).safeParse(messages)
  if (error === undefined) return
  const issues = error.issues.map(({ path, message }) => ({ path: [what, ...path].join('.'), message }))
  throw new AgentError(
    'invalid_request',
    `A run takes text, or messages like { role: 'user', contents: [{ type: 'text', text: '...' }] }. ${issues[0]?.path}: ${issues[0]?.message}.`,
    { issues },
  )
}

function checkContinuation(
  { name, client }: AgentDefinition,
  input: string | readonly ChatMessage[],
  continuationToken: string | undefined,
): void {
  if (continuationToken === undefined) return
  if (input.length > 0) {
    throw new AgentError('invalid_request', 'A run with a continuationToken asks nothing: pass no input.')
  }
  if (typeof continuationToken !== 'string') {
    throw new AgentError('invalid_request', 'continuationToken must be text, exactly as it came.')
  }
  if (client.cancel !== undefined) return
  throw new AgentError(
    'invalid_request',
    `The model client of agent "${name}" does not work in the background, so no continuationToken is its own.`,
  )
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
