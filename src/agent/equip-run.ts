import { AgentError } from '../core/errors.js'
import { type ContextProvider, isToolSource, type Tool, type ToolSource } from './agent-definition.js'
import type { MiddlewareContext } from './middleware.js'
import type { ProviderContext, RunInfo } from './provider-context.js'
import { ProviderStates } from './provider-states.js'
import type { RunContext, RunSetup } from './run-context.js'

/** Finds what code brings to an execution of a run, and cannot be recorded: values for its tools, and the tools themselves. */
export async function equipRun(setup: RunSetup): Promise<RunContext> {
  const values = await setup.readValues()
  const states = new ProviderStates({ ...setup.sessionState, ...setup.journal.state.stateChanges })
  const equipped = { ...setup, values, states }
  return { ...equipped, tools: await findTools(equipped) }
}

type Equipped = Omit<RunContext, 'tools'>

async function findTools(equipped: Equipped): Promise<readonly Tool[]> {
  if (!equipped.journal.state.request?.options.enableToolCalls) return []
  const { tools, contextProviders } = equipped.agent
  const found = await Promise.all([
    ...tools.map((entry) => (isToolSource(entry) ? readTools(entry, equipped) : [entry])),
    ...contextProviders.map((provider) => readTools(provider, equipped)),
  ])
  recordStateChanges(equipped)
  return checkToolNames(equipped.agent.name, found.flat())
}

async function readTools(from: ToolSource | ContextProvider, equipped: Equipped): Promise<readonly Tool[]> {
  return (await from.tools?.(toProviderContext(equipped, from.name))) ?? []
}

/** What a provider, or another part of the agent that has a state, is told of a run. */
export function toProviderContext(equipped: Equipped, name: string): ProviderContext {
  const { values, history, states, journal, signal, controls } = equipped
  return {
    ...toRunInfo(equipped),
    values,
    messages: journal.state.prepared?.request ?? journal.state.request?.messages ?? [],
    history,
    state: states.of(name),
    signal: AbortSignal.any([signal, controls.stop]),
  }
}

/** What middleware is told of a run. */
export function toMiddlewareContext(context: RunContext): MiddlewareContext {
  const { values, signal, controls } = context
  return { ...toRunInfo(context), values, signal: AbortSignal.any([signal, controls.stop]) }
}

/** Which run it is, for code that serves it. */
export function toRunInfo({ agent, sessionId, correlationId, journal }: RunSetup): RunInfo {
  const { owner, metadata = {} } = journal.state.request ?? {}
  return { agentName: agent.name, sessionId, correlationId, owner, metadata }
}

/** Notes what providers keep in the session now, if that has changed. @throws {AgentError} `invalid_configuration` when it is too much. */
export function recordStateChanges({ journal, states }: Pick<RunContext, 'journal' | 'states'>): void {
  const state = states.takeChanges()
  if (state !== undefined) journal.record({ type: 'state.changed', data: { state } })
}

/** The tools, if a model can tell them apart. @throws {AgentError} `invalid_configuration` naming two that it cannot. */
export function checkToolNames<T extends { readonly name: string }>(
  agent: string,
  tools: readonly T[],
): readonly T[] {
  const names = new Set<string>()
  for (const { name } of tools) {
    if (names.has(name)) {
      throw new AgentError('invalid_configuration', `Agent "${agent}" has two tools named "${name}".`)
    }
    names.add(name)
  }
  return tools
}
