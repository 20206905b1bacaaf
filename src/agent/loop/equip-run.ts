import { AgentError } from '../../core/errors.js'
import type { CallerTool } from '../../run/events.js'
import { type ContextProvider, isToolSource, type Tool, type ToolSource } from '../agent-definition.js'
import type { MiddlewareContext } from '../middleware.js'
import type { ProviderContext, RunInfo } from '../providers/provider-context.js'
import { ProviderStates } from '../providers/provider-states.js'
import { createCallerTool } from '../tools/caller-tool.js'
import type { EquippedRun, RunContext, RunSetup } from './run-context.js'
import { planUndo } from './undo-plan.js'
import { toUndoTools } from './undo-tools.js'
import { withinTimeLeft } from './within-time-left.js'

/**
 * What code brings to an execution of a run, and cannot be recorded, each found at the first step that needs it: a run
 * that is answered without tools, or has its answer, goes on though the source of its tools is gone.
 */
export interface RunEquipment {
  /** With the values that only its code may know, and what its providers keep in the session. */
  equip(): Promise<EquippedRun>
  /** With its tools too. */
  equipWithTools(): Promise<RunContext>
}

/** Equips an execution of a run, once. */
export function createEquipment(setup: RunSetup): RunEquipment {
  let equipped: Promise<EquippedRun> | undefined
  let context: Promise<RunContext> | undefined
  const equip = () => {
    equipped ??= equipRun(setup)
    return equipped
  }
  const equipWithTools = () => {
    context ??= equip().then(async (run) => withUndo({ ...run, tools: await findTools(run) }))
    return context
  }
  return { equip, equipWithTools }
}

/** The same; in a run that undoes another one, with what undoes its tools in place of these. */
async function withUndo(context: RunContext): Promise<RunContext> {
  const { undoes } = context.request.options
  if (undoes === undefined) return context
  const undo = await planUndo(context, undoes)
  const tools = checkToolNames(context.agent.name, toUndoTools(context.tools, undo, undoes))
  return { ...context, undo, tools }
}

async function equipRun(setup: RunSetup): Promise<EquippedRun> {
  const values = await setup.readValues(toRunInfo(setup))
  const states = new ProviderStates({ ...setup.sessionState, ...setup.journal.state.stateChanges })
  return { ...setup, values, states }
}

async function findTools(equipped: EquippedRun): Promise<readonly Tool[]> {
  const { options } = equipped.request
  if (!options.enableToolCalls) return []
  const { tools, contextProviders } = equipped.agent
  const found = await Promise.all([
    ...tools.map((entry) => (isToolSource(entry) ? readTools(entry, equipped) : [entry])),
    ...contextProviders.map((provider) => readTools(provider, equipped)),
  ])
  recordStateChanges(equipped)
  const own = checkToolNames(equipped.agent.name, found.flat())
  return [...own, ...(options.tools ?? []).map((tool) => createCallerTool(requireOther(tool, own)))]
}

/** A caller's tool that is none of the agent's own, which providers and servers may have added to. @throws {AgentError} `invalid_request` naming it otherwise. */
function requireOther(tool: CallerTool, own: readonly Tool[]): CallerTool {
  if (!own.some(({ name }) => name === tool.name)) return tool
  const message = `The agent has a tool named "${tool.name}" of its own: give yours another name.`
  throw new AgentError('invalid_request', message)
}

async function readTools(
  from: ToolSource | ContextProvider,
  equipped: EquippedRun,
): Promise<readonly Tool[]> {
  // Tools may use the signal as long as the run lasts.
  const signal = AbortSignal.any([equipped.signal, equipped.controls.stop])
  const own = toProviderContext(equipped, from.name, signal)
  const tools = await withinTimeLeft(equipped, `"${from.name}"`, async () => from.tools?.(own))
  return tools ?? []
}

/** What a provider, or another part of the agent that has a state, is told of a run. */
export function toProviderContext(equipped: EquippedRun, name: string, signal: AbortSignal): ProviderContext {
  const { values, history, states, journal, request } = equipped
  return {
    ...toRunInfo(equipped),
    values,
    messages: journal.state.prepared?.request ?? request.messages,
    history,
    state: states.of(name),
    signal,
  }
}

/** What middleware is told of a run. */
export function toMiddlewareContext(context: EquippedRun, signal: AbortSignal): MiddlewareContext {
  return { ...toRunInfo(context), values: context.values, signal }
}

/** Which run it is, for code that serves it. */
export function toRunInfo({ agent, sessionId, correlationId, request }: RunSetup): RunInfo {
  const { owner, metadata = {} } = request
  return { agentName: agent.name, sessionId, correlationId, owner, metadata }
}

/** Notes what providers keep in the session now, if that has changed. @throws {AgentError} `invalid_configuration` when it is too much. */
export function recordStateChanges({ journal, states }: EquippedRun): void {
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
