import { checkOptions } from '../core/check-options.js'
import type { ChatMessage } from '../core/messages.js'
import type { Schema, SchemaOutput } from '../core/schema.js'
import type { ChatClient } from '../model/chat-client.js'
import { AgentRun } from '../run/agent-run.js'
import type {
  AgentDefinition,
  ContextProvider,
  MaxTokensPolicy,
  ModelSettings,
  Tool,
  ToolSource,
} from './agent-definition.js'
import { type AgentOptions, checkAgentOptions } from './agent-options.js'
import type { AgentRunOptions, TypedRunOptions } from './agent-run-options.js'
import { AgentSession, type AgentSessionOptions } from './agent-session.js'
import type { AgentMiddleware } from './middleware.js'
import { type CompactionStrategy, keepAll } from './providers/compaction.js'
import { type HistoryProvider, InMemoryHistoryProvider } from './providers/history-provider.js'
import { runInSession } from './run-in-session.js'
import { runStandalone } from './run-standalone.js'
import { toStandaloneRun } from './to-standalone-run.js'
import { type AgentToolOptions, createAgentTool } from './tools/agent-tool.js'

/**
 * A model with instructions and tools. It runs alone in any Node program; registered with `AgentFunctionApp` each
 * of its conversations is durable.
 */
export class Agent<ResponseSchema extends Schema = Schema> implements AgentDefinition {
  readonly name: string
  readonly description: string | undefined
  readonly instructions: string | undefined
  readonly client: ChatClient
  readonly tools: readonly (Tool | ToolSource)[]
  readonly contextProviders: readonly ContextProvider[]
  readonly middleware: readonly AgentMiddleware[]
  readonly modelSettings: ModelSettings
  readonly responseFormat: ResponseSchema | undefined
  readonly history: HistoryProvider
  readonly compaction: CompactionStrategy
  readonly maxSteps: number
  readonly maxParallelTools: number
  readonly stepTimeoutMs: number | undefined
  readonly runTimeoutMs: number | undefined
  readonly maxTokensPerRun: number | undefined
  readonly onMaxTokens: MaxTokensPolicy
  readonly maxTokensPerSession: number | undefined

  /** @throws {AgentError} `invalid_configuration` naming the option that cannot be used. */
  constructor(options: AgentOptions<ResponseSchema>) {
    checkAgentOptions(options)
    const { name, client, instructions, description, tools = [], modelSettings = {}, maxSteps = 20 } = options
    this.name = name
    this.client = client
    this.instructions = instructions
    this.description = description
    this.tools = tools
    this.contextProviders = options.contextProviders ?? []
    this.middleware = options.middleware ?? []
    this.modelSettings = modelSettings
    this.responseFormat = options.responseFormat
    this.history = options.history ?? new InMemoryHistoryProvider()
    this.compaction = options.compaction ?? keepAll()
    this.maxSteps = maxSteps
    this.maxParallelTools = options.maxParallelTools ?? 8
    this.stepTimeoutMs = options.stepTimeoutMs
    this.runTimeoutMs = options.runTimeoutMs
    this.maxTokensPerRun = options.maxTokensPerRun
    this.onMaxTokens = options.onMaxTokens ?? 'fail'
    this.maxTokensPerSession = options.maxTokensPerSession
  }

  /** What kind of agent this is: the name of its class. */
  get type(): string {
    // A bundler that minifies gives classes other names.
    return this.constructor === Agent ? 'Agent' : this.constructor.name
  }

  /** This agent as a tool of another one; durable wherever that one is. */
  asTool(options: AgentToolOptions = {}): Tool {
    return createAgentTool(this, options)
  }

  /** A conversation of this agent outside of Functions; pass it to {@link run}. @throws {AgentError} `invalid_configuration` for options that there are not. */
  createSession(options: Pick<AgentSessionOptions, 'id'> = {}): AgentSession {
    checkOptions('createSession', options, { id: true })
    return new AgentSession(options)
  }

  /**
   * Runs the agent in memory, without Functions. Await the result for the answer, or iterate it for its increments.
   *
   * @example
   * const { text } = await agent.run('What is the weather like in Seattle?')
   * for await (const update of agent.run('And in Paris?')) process.stdout.write(update.text)
   */
  run<RunSchema extends Schema>(
    input: string | readonly ChatMessage[],
    options: TypedRunOptions<RunSchema>,
  ): AgentRun<SchemaOutput<RunSchema>>
  /** The same with the agent's own `responseFormat`, or where the answer may still be to come when the run is awaited: `value` may be `undefined`. */
  run<RunSchema extends Schema = ResponseSchema>(
    input?: string | readonly ChatMessage[],
    options?: AgentRunOptions<RunSchema>,
  ): AgentRun<SchemaOutput<RunSchema> | undefined>
  run<RunSchema extends Schema = ResponseSchema>(
    input?: string | readonly ChatMessage[],
    options: AgentRunOptions<RunSchema> = {},
  ): AgentRun<SchemaOutput<RunSchema> | undefined> {
    return new AgentRun(async (onEvent, followers) => {
      const run = toStandaloneRun(this, input, options, { onEvent, followers })
      const { session } = options
      return session === undefined ? runStandalone(run) : runInSession(session, this.history, run)
    })
  }
}
