import { checkCount } from '../core/check-count.js'
import { checkChoice, checkList, checkOptions, type OptionNames, refuse } from '../core/check-options.js'
import { type Schema, toJsonSchema } from '../core/schema.js'
import type { ChatClient } from '../model/chat-client.js'
import {
  type ContextProvider,
  isToolSource,
  type MaxTokensPolicy,
  type ModelSettings,
  type Tool,
  type ToolSource,
  toStaticTools,
} from './agent-definition.js'
import { checkModelSettings } from './check-model-settings.js'
import { checkToolNames } from './loop/equip-run.js'
import type { AgentMiddleware } from './middleware.js'
import { type CompactionStrategy, keepAll } from './providers/compaction.js'
import { type HistoryProvider, InMemoryHistoryProvider } from './providers/history-provider.js'

export interface AgentOptions<ResponseSchema extends Schema = Schema> {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and entity names. */
  readonly name: string
  /** The model that answers. */
  readonly client: ChatClient
  /** The system message of every model call. */
  readonly instructions?: string | undefined
  /** What the agent is for, for those who choose among agents. */
  readonly description?: string | undefined
  /** What the model may call: tools, and sources that more come from. @default none */
  readonly tools?: readonly (Tool | ToolSource)[] | undefined
  /** What knows more than the model does, and learns from its runs. @default none */
  readonly contextProviders?: readonly ContextProvider[] | undefined
  /** What stands around the agent's runs, model calls and tool calls; the first is the outermost. @default none */
  readonly middleware?: readonly AgentMiddleware[] | undefined
  /** What each model call is made with: temperature, reasoning, what the provider alone knows. @default the model's own */
  readonly modelSettings?: ModelSettings | undefined
  /** The shape of the answers of all runs that ask for no other, however they are begun. @default text */
  readonly responseFormat?: ResponseSchema | undefined
  /** Where the agent's sessions keep their conversations when it runs alone; under `AgentFunctionApp` they are durable by themselves. @default in the session */
  readonly history?: HistoryProvider | undefined
  /** What of a session's conversation the model is shown. @default keepAll() */
  readonly compaction?: CompactionStrategy | undefined
  /** Most model calls one run may make. @default 20 */
  readonly maxSteps?: number | undefined
  /** Most tools that run at the same time. @default 8 */
  readonly maxParallelTools?: number | undefined
  /** Longest time of one model call; the run then fails with `model_timeout`. @default none but the platform's */
  readonly stepTimeoutMs?: number | undefined
  /** Longest time of one run, not counting what it waits for approvals and for tools whose result is pending; it then fails with `budget_exhausted`. @default none */
  readonly runTimeoutMs?: number | undefined
  /** A run that has spent as many tokens makes no further model call and fails with `budget_exhausted`. @default none */
  readonly maxTokensPerRun?: number | undefined
  /**
   * With `'ask'` a run that has spent its `maxTokensPerRun` asks a human before its next tool call (`reason: 'budget_exhausted'`): to
   * approve that grants it as many tokens again, to reject ends it with `budget_exhausted`. What the call itself has to be asked about is asked after that. @default 'fail'
   */
  readonly onMaxTokens?: MaxTokensPolicy | undefined
  /** The same for a session over all its runs. @default none */
  readonly maxTokensPerSession?: number | undefined
}

const agentOptions: OptionNames<AgentOptions> = {
  name: true,
  client: true,
  instructions: true,
  description: true,
  tools: true,
  contextProviders: true,
  middleware: true,
  modelSettings: true,
  responseFormat: true,
  history: true,
  compaction: true,
  maxSteps: true,
  maxParallelTools: true,
  stepTimeoutMs: true,
  runTimeoutMs: true,
  maxTokensPerRun: true,
  onMaxTokens: true,
  maxTokensPerSession: true,
}

const limits = [
  'maxSteps',
  'maxParallelTools',
  'stepTimeoutMs',
  'runTimeoutMs',
  'maxTokensPerRun',
  'maxTokensPerSession',
] as const

/** Refuses what no agent can be made of, before anything runs with it. @throws {AgentError} `invalid_configuration` naming the option. */
export function checkAgentOptions(options: AgentOptions): void {
  checkOptions('Agent', options, agentOptions)
  const { name, client, instructions, description, tools = [] } = options
  checkName(name)
  if (typeof client?.stream !== 'function') {
    refuse(`Agent "${name}" needs a client, such as createOpenAIChatClient({ model }) gives.`)
  }
  for (const [option, text] of Object.entries({ instructions, description })) {
    if (text !== undefined && typeof text !== 'string')
      refuse(`The ${option} of agent "${name}" must be text.`)
  }
  checkTools(`agent "${name}"`, tools)
  checkAnswers(options)
  checkProviders(options)
  checkNames(options)
  for (const limit of limits) checkCount(limit, options[limit])
  checkMaxTokens(options)
}

function checkMaxTokens({ name, maxTokensPerRun, onMaxTokens = 'fail' }: AgentOptions): void {
  checkChoice(`onMaxTokens of agent "${name}"`, onMaxTokens, ['fail', 'ask'])
  if (onMaxTokens === 'ask' && maxTokensPerRun === undefined)
    refuse(`Agent "${name}" has onMaxTokens and no maxTokensPerRun, of which it would be asked for more.`)
}

/** Refuses entries that no model could call. @throws {AgentError} `invalid_configuration` naming the first. */
export function checkTools(of: string, tools: readonly (Tool | ToolSource)[]): void {
  if (!Array.isArray(tools)) refuse(`The tools of ${of} must be a list.`)
  const wrong = tools.findIndex((entry) => !isTool(entry))
  if (wrong === -1) return
  const advice =
    'asTool' in Object(tools[wrong])
      ? 'is an agent: pass its asTool()'
      : 'is none: make it with tool({ ... })'
  refuse(`Entry ${wrong} in the tools of ${of} ${advice}.`)
}

function isTool(entry: unknown): boolean {
  const { invoke, tools }: { readonly invoke?: unknown; readonly tools?: unknown } = Object(entry)
  return typeof invoke === 'function' || typeof tools === 'function'
}

function checkName(name: string): void {
  if (typeof name === 'string' && /^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) return
  const rule = 'must be a letter followed by up to 62 letters, digits, "_" or "-"'
  refuse(name === undefined ? `An agent needs a name, which ${rule}.` : `Agent name "${name}" ${rule}.`)
}

/** Refuses what would fail at each run, or change nothing. */
function checkAnswers({ name, responseFormat, modelSettings, compaction = keepAll() }: AgentOptions): void {
  if (responseFormat !== undefined) toJsonSchema(responseFormat, `The responseFormat of agent "${name}"`)
  if (typeof compaction?.select !== 'function') {
    refuse(
      `The compaction of agent "${name}" must be what keepAll(), slidingWindow() or summarize({ client }) gives.`,
    )
  }
  checkModelSettings(`modelSettings of agent "${name}"`, modelSettings)
}

function checkProviders(options: AgentOptions): void {
  const { name, contextProviders = [], middleware = [], history = new InMemoryHistoryProvider() } = options
  checkList(`contextProviders of agent "${name}"`, contextProviders)
  checkList(`middleware of agent "${name}"`, middleware)
  if (contextProviders.some((provider) => typeof provider?.name !== 'string')) {
    refuse(
      `A context provider of agent "${name}" needs a name; what keeps conversations, such as FileHistoryProvider, belongs into history.`,
    )
  }
  if (typeof history?.load !== 'function' || typeof history.append !== 'function') {
    refuse(`The history of agent "${name}" must have load and append, as FileHistoryProvider has them.`)
  }
  if (!middleware.every(isMiddleware)) {
    refuse(`A middleware of agent "${name}" needs beforeRun, callModel, callTool or afterRun.`)
  }
}

/** One that is empty stands around nothing, and may be meant; one with nothing but other names is not. */
function isMiddleware(one: AgentMiddleware): boolean {
  if (typeof one !== 'object' || one === null) return false
  const hook = one.beforeRun ?? one.callModel ?? one.callTool ?? one.afterRun
  return typeof hook === 'function' || Object.keys(one).length === 0
}

function checkNames({ name, tools = [], contextProviders = [] }: AgentOptions): void {
  checkToolNames(name, toStaticTools({ tools }))
  const names = [...tools.filter(isToolSource), ...contextProviders].map((provider) => provider.name)
  const twice = names.find((one, index) => names.indexOf(one) !== index)
  if (twice === undefined) return
  refuse(
    `Agent "${name}" has two tool sources or context providers named "${twice}"; what they keep in a session is filed under their names.`,
  )
}
