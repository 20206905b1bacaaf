import {
  type AgentDefinition,
  type ContextProvider,
  isToolSource,
  type Tool,
  type ToolSource,
} from '../../agent/agent-definition.js'
import type { ToolContext } from '../../agent/tools/tool-context.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../model/chat-client.js'
import { withStream } from '../../model/with-stream.js'
import type { SessionKey } from '../../run/run-log.js'
import { UnexpectedModelCall } from '../scripted-model.js'
import type { ModelCall, Observations } from './observations.js'
import { hasToolLayers, noteExecution, observeMiddleware } from './observed-middleware.js'

/** Counts what is going on outside the engine's sight, so that time does not pass over it. */
export interface Activity {
  /** Model calls and tools at work. */
  busy: number
}

export interface Observing {
  readonly observations: Observations
  readonly activity: Activity
  readonly process: number
  readonly session: SessionKey
}

/** What is observed of one agent. */
interface AgentObserver extends Observing {
  /** Whether executions are noted where the tool is invoked. */
  readonly notesExecutions: boolean
}

/** The same agent, with its model calls and tool executions noted down. */
export function observeAgent(agent: AgentDefinition, observing: Observing): AgentDefinition {
  const calls: ModelCall[] = []
  const observer = { ...observing, notesExecutions: !hasToolLayers(agent.middleware) }
  return {
    ...agent,
    name: agent.name,
    client: observeClient(agent, observer, calls),
    middleware: observeMiddleware(agent.middleware, calls, observer.observations),
    tools: agent.tools.map((entry) =>
      isToolSource(entry) ? observeSource(entry, observer) : observeTool(entry, observer),
    ),
    contextProviders: agent.contextProviders.map((provider) => observeProvider(provider, observer)),
  }
}

function observeSource(source: ToolSource, observer: AgentObserver): ToolSource {
  return {
    name: source.name,
    tools: async (context) => observeFound(await source.tools(context), observer),
  }
}

function observeProvider(provider: ContextProvider, observer: AgentObserver): ContextProvider {
  return {
    name: provider.name,
    beforeRun: async (context) => provider.beforeRun?.(context),
    tools: async (context) => observeFound((await provider.tools?.(context)) ?? [], observer),
    afterRun: async (context, response) => provider.afterRun?.(context, response),
  }
}

function observeFound(tools: readonly Tool[], observer: AgentObserver): readonly Tool[] {
  observer.observations.foundTools.push(...tools)
  return tools.map((tool) => observeTool(tool, observer))
}

function observeClient({ client }: AgentDefinition, observer: AgentObserver, calls: ModelCall[]): ChatClient {
  const { observations, process, session } = observer
  return withStream(client, (request, options) => {
    const call: ModelCall = {
      process,
      session,
      request: structuredClone(request),
      answer: undefined,
      outcome: 'unrecorded',
    }
    observations.modelCalls.push(call)
    calls.push(call)
    return streamObserved({
      client,
      request,
      options,
      call,
      activity: observer.activity,
      unexpected: observations.violations,
    })
  })
}

async function* streamObserved({
  client,
  request,
  options,
  call,
  activity,
  unexpected,
}: {
  readonly client: ChatClient
  readonly request: ChatRequest
  readonly options: ChatOptions | undefined
  readonly call: ModelCall
  readonly activity: Activity
  readonly unexpected: string[]
}): AsyncGenerator<ChatEvent> {
  activity.busy += 1
  let isCompleted = false
  try {
    for await (const event of client.stream(request, options)) {
      yield event
      if (event.type === 'completed') call.answer = event.message
      // Whoever was to be told may have stopped listening meanwhile.
      isCompleted ||= event.type === 'completed'
    }
  } catch (error) {
    if (error instanceof UnexpectedModelCall) unexpected.push(error.message)
    throw error
  } finally {
    activity.busy -= 1
    if (!isCompleted && call.outcome === 'unrecorded') call.outcome = 'failed'
  }
}

function observeTool(tool: Tool, observer: AgentObserver): Tool {
  const { observations, activity } = observer
  const { delegate } = tool
  const observe = async <T>(context: ToolContext, work: () => Promise<T>): Promise<T> => {
    if (observer.notesExecutions) noteExecution(observations, tool.name, context)
    activity.busy += 1
    try {
      return await work()
    } finally {
      activity.busy -= 1
    }
  }
  const undo = tool.undo?.bind(tool)
  return {
    ...tool,
    delegate: delegate && { ...delegate, agent: observeAgent(delegate.agent, observer) },
    invoke: (args, context, clock) => observe(context, () => tool.invoke(args, context, clock)),
    ...(undo && {
      undo: (args, undone, context, clock) => observe(context, () => undo(args, undone, context, clock)),
    }),
    async reconcile(args, context) {
      const known = await tool.reconcile(args, context)
      if (known.outcome === 'not_done') observations.notDone.push(context.callId)
      return known
    },
  }
}
