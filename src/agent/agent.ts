import { checkCount } from '../core/check-count.js'
import { AgentError } from '../core/errors.js'
import type { ChatMessage } from '../core/messages.js'
import type { Schema, SchemaOutput } from '../core/schema.js'
import type { ChatClient } from '../model/chat-client.js'
import {
  type AgentDefinition,
  type ContextProvider,
  isToolSource,
  type ModelSettings,
  type Tool,
  type ToolSource,
  toStaticTools,
} from './agent-definition.js'
import { AgentRun } from './agent-run.js'
import { type AgentRunOptions, toStandaloneRun } from './agent-run-options.js'
import { AgentSession, type AgentSessionOptions } from './agent-session.js'
import { type AgentToolOptions, createAgentTool } from './agent-tool.js'
import { type CompactionStrategy, keepAll } from './compaction.js'
import { checkToolNames } from './equip-run.js'
import { type HistoryProvider, InMemoryHistoryProvider } from './history-provider.js'
import type { AgentMiddleware } from './middleware.js'
import { runInSession } from './run-in-session.js'
import { runStandalone } from './run-standalone.js'

export interface AgentOptions {
  /** A letter, then up to 62 letters, digits, `_` or `-`: it becomes part of routes and entity names. */
  readonly name: string
  /** The model that answers. */
  readonly client: ChatClient
  /** The system message of every model call. */
  readonly instructions?: string
  /** What the agent is for, for those who choose among agents. */
  readonly description?: string
  /** What the model may call: tools, and sources that more come from. @default none */
  readonly tools?: readonly (Tool | ToolSource)[]
  /** What knows more than the model does, and learns from its runs. @default none */
  readonly contextProviders?: readonly ContextProvider[]
  /** What stands around the agent's runs, model calls and tool calls; the first is the outermost. @default none */
  readonly middleware?: readonly AgentMiddleware[]
  readonly modelSettings?: ModelSettings
  /** Where the agent's sessions keep their conversations when it runs alone; under `AgentFunctionApp` they are durable by themselves. @default in the session */
  readonly history?: HistoryProvider
  /** What of a session's conversation the model is shown. @default keepAll() */
  readonly compaction?: CompactionStrategy
  /** Most model calls one run may make. @default 20 */
  readonly maxSteps?: number
  /** Most tools that run at the same time. @default 8 */
  readonly maxParallelTools?: number
  /** Longest time of one model call. @default none but the platform's */
  readonly stepTimeoutMs?: number
  /** Longest time of one run, not counting what it waits for approvals and for tools whose result is pending; it then fails with `budget_exhausted`. @default none */
  readonly runTimeoutMs?: number
  /** A run that has spent as many tokens makes no further model call and fails with `budget_exhausted`. @default none */
  readonly maxTokensPerRun?: number
  /** The same for a session over all its runs. @default none */
  readonly maxTokensPerSession?: number
}

const limitOptions = [
  'maxSteps',
  'maxParallelTools',
  'stepTimeoutMs',
  'runTimeoutMs',
  'maxTokensPerRun',
  'maxTokensPerSession',
] as const

/**
 * A model with instructions and tools. It runs alone in any Node program; registered with `AgentFunctionApp` each
 * of its conversations is durable.
 */
export class Agent implements AgentDefinition {
  readonly name: string
  readonly description: string | undefined
  readonly instructions: string | undefined
  readonly client: ChatClient
  readonly tools: readonly (Tool | ToolSource)[]
  readonly contextProviders: readonly ContextProvider[]
  readonly middleware: readonly AgentMiddleware[]
  readonly modelSettings: ModelSettings
  readonly history: HistoryProvider
  readonly compaction: CompactionStrategy
  readonly maxSteps: number
  readonly maxParallelTools: number
  readonly stepTimeoutMs: number | undefined
  readonly runTimeoutMs: number | undefined
  readonly maxTokensPerRun: number | undefined
  readonly maxTokensPerSession: number | undefined

  /** @throws {AgentError} `invalid_configuration` naming the option that cannot be used. */
  constructor(options: AgentOptions) {
    const { name, client, instructions, description, tools = [], modelSettings = {}, maxSteps = 20 } = options
    checkName(name)
    checkNames(options)
    for (const option of limitOptions) checkCount(option, options[option] ?? 1)
    this.name = name
    this.client = client
    this.instructions = instructions
    this.description = description
    this.tools = tools
    this.contextProviders = options.contextProviders ?? []
    this.middleware = options.middleware ?? []
    this.modelSettings = modelSettings
    this.history = options.history ?? new InMemoryHistoryProvider()
    this.compaction = options.compaction ?? keepAll()
    this.maxSteps = maxSteps
    this.maxParallelTools = options.maxParallelTools ?? 8
    this.stepTimeoutMs = options.stepTimeoutMs
    this.runTimeoutMs = options.runTimeoutMs
    this.maxTokensPerRun = options.maxTokensPerRun
    this.maxTokensPerSession = options.maxTokensPerSession
  }

  /** What kind of agent this is: the name of its class. */
  get type(): string {
    return this.constructor.name
  }

  /** This agent as a tool of another one; durable wherever that one is. */
  asTool(options: AgentToolOptions = {}): Tool {
    return createAgentTool(this, options)
  }

  /** A conversation of this agent outside of Functions; pass it to {@link run}. */
  createSession(options: Pick<AgentSessionOptions, 'id'> = {}): AgentSession {
    return new AgentSession(options)
  }

  /**
   * Runs the agent in memory, without Functions. Await the result for the answer, or iterate it for its increments.
   *
   * @example
   * const { text } = await agent.run('What is the weather like in Seattle?')
   * for await (const update of agent.run('And in Paris?')) process.stdout.write(update.text)
   */
  run<ResponseSchema extends Schema = Schema>(
    input: string | readonly ChatMessage[] = [],
    options: AgentRunOptions<ResponseSchema> = {},
  ): AgentRun<SchemaOutput<ResponseSchema>> {
    return new AgentRun(async (onEvent, followers) => {
      const run = toStandaloneRun(this, input, options, { onEvent, followers })
      const { session } = options
      return session === undefined ? runStandalone(run) : runInSession(session, this.history, run)
    })
  }
}

function checkName(name: string): void {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) return
  throw new AgentError(
    'invalid_configuration',
    `Agent name "${name}" must be a letter followed by up to 62 letters, digits, "_" or "-".`,
  )
}

function checkNames({ name, tools = [], contextProviders = [] }: AgentOptions): void {
  checkToolNames(name, toStaticTools({ tools }))
  const names = [...tools.filter(isToolSource), ...contextProviders].map((provider) => provider.name)
  const twice = names.find((one, index) => names.indexOf(one) !== index)
  if (twice === undefined) return
  throw new AgentError(
    'invalid_configuration',
    `Agent "${name}" has two tool sources or context providers named "${twice}"; what they keep in a session is filed under their names.`,
  )
}
