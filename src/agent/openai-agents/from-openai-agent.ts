import {
  type AgentInputItem,
  type AgentOutputType,
  assistant,
  type Agent as OpenAIAgent,
  Runner,
  type RunStreamEvent,
  user,
} from '@openai/agents'
import { checkOptions, type OptionNames } from '../../core/check-options.js'
import { AgentError } from '../../core/errors.js'
import { type ChatMessage, toText, type Usage } from '../../core/messages.js'
import type { ForeignAgent, ForeignRun, ForeignUpdate } from '../foreign/foreign-agent.js'

export interface OpenAIAgentOptions {
  /** A letter, then up to 62 letters, digits, `_` or `-`. @default the agent's name, with `_` for what does not fit */
  readonly name?: string | undefined
  /** What the agent is for. @default what it says to agents that may hand over to it */
  readonly description?: string | undefined
  /** What runs it: its models, tracing, guardrails. @default a new Runner */
  readonly runner?: Runner | undefined
  /** As `maxTurns` of the SDK. @default the SDK's */
  readonly maxTurns?: number | undefined
  /** As for any foreign agent. @default 'fail' */
  readonly onInterrupted?: ForeignAgent['onInterrupted'] | undefined
}

const optionNames: OptionNames<OpenAIAgentOptions> = {
  name: true,
  description: true,
  runner: true,
  maxTurns: true,
  onInterrupted: true,
}

/**
 * An agent of the OpenAI Agents SDK, with its tools, handoffs and guardrails, for `AgentFunctionApp` to host. The SDK's
 * run context is the run's invocation values. Of the conversation it is shown what was said; what its tools did in
 * earlier runs stays there. Its durability is per run, as {@link ForeignAgent} says.
 *
 * @example
 * const tutor = new Agent({ name: 'History Tutor', instructions: '...' })      // of @openai/agents
 * new AgentFunctionApp({ agents: [fromOpenAIAgent(tutor)] })
 * @throws {AgentError} `invalid_configuration` for options that there are not.
 */
export function fromOpenAIAgent<Context, Output extends AgentOutputType>(
  agent: OpenAIAgent<Context, Output>,
  options: OpenAIAgentOptions = {},
): ForeignAgent {
  checkOptions('fromOpenAIAgent', options, optionNames)
  const { name = agent.name.replaceAll(/[^A-Za-z0-9_-]/g, '_'), onInterrupted, maxTurns } = options
  const runner = options.runner ?? new Runner()
  return {
    name,
    description: options.description ?? (agent.handoffDescription || undefined),
    onInterrupted,
    async *run(messages, run) {
      const { signal } = run
      // Which values there are, the app's `context` and the agent's tools have to agree on.
      const context = run.values as Context
      const limit = maxTurns === undefined ? {} : { maxTurns }
      const streamed = await runner.run(agent, toInput(messages), { stream: true, context, signal, ...limit })
      yield* toUpdates(streamed, run)
    },
  }
}

/** What was said. The SDK wants the items of its own tool calls as its models gave them, which we do not have. */
function toInput(messages: readonly ChatMessage[]): AgentInputItem[] {
  return messages.flatMap(({ role, contents }): AgentInputItem[] => {
    const text = toText(contents)
    if (text === '') return []
    if (role === 'user') return [user(text)]
    return role === 'assistant' ? [assistant(text)] : []
  })
}

/** What we look at of a run of the SDK, whatever its agent's types. */
interface StreamedRun extends AsyncIterable<RunStreamEvent> {
  readonly completed: Promise<void>
  readonly interruptions: readonly { readonly name?: string | undefined }[]
  readonly runContext: { readonly usage: Usage }
  readonly finalOutput: unknown
}

async function* toUpdates(streamed: StreamedRun, { signal }: ForeignRun): AsyncGenerator<ForeignUpdate> {
  for await (const event of streamed) {
    if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta')
      yield { text: event.data.delta }
  }
  await streamed.completed
  signal.throwIfAborted()
  const [waiting] = streamed.interruptions
  if (waiting !== undefined) throw createApprovalError(waiting.name)
  const { inputTokens, outputTokens, totalTokens } = streamed.runContext.usage
  yield { answer: toAnswer(streamed.finalOutput), usage: { inputTokens, outputTokens, totalTokens } }
}

function toAnswer(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output ?? '')
}

function createApprovalError(tool: string | undefined): AgentError {
  return new AgentError(
    'invalid_configuration',
    `The tool "${tool}" of an agent of @openai/agents waits for an approval, which a hosted agent cannot wait for. Give that tool to an Agent of this package instead.`,
  )
}
