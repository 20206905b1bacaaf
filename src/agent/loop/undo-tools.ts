import { undoMessage } from '../../core/undo-message.js'
import type { Effect } from '../../run/effects.js'
import type { UndoneRun } from '../../run/events.js'
import type { Tool } from '../agent-definition.js'
import type { UndoPlan } from './undone-runs.js'

/** What the calls are named that undo a tool's; no longer than model servers take, which are shown them later. */
export function toUndoName(tool: string): string {
  return `undo_${tool}`.slice(0, 64)
}

/** Tools by what their calls are named, and the calls that undo those; a tool of such a name goes before. */
export function toCallNames(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const undoing = tools.map((tool) => [toUndoName(tool.name), tool] as const)
  return new Map([...undoing, ...tools.map((tool) => [tool.name, tool] as const)])
}

/** The tools of a run that undoes another one: each undoes what one of the agent's has done. Those are missing that cannot. */
export function toUndoTools(
  tools: readonly Tool[],
  { toUndo }: UndoPlan,
  undoes: UndoneRun,
): readonly Tool[] {
  const effects = new Map(toUndo.map((effect) => [effect.undoId, effect]))
  return tools.flatMap((tool) => {
    const work = toUndoWork(tool, effects, undoes)
    return work === undefined ? [] : [{ ...toUndoTool(tool), ...work }]
  })
}

type UndoWork = Pick<Tool, 'invoke' | 'delegate'>

/** What a tool does to undo its calls: by its own `undo`, or by having its agent undo what that did. */
function toUndoWork(
  tool: Tool,
  effects: ReadonlyMap<string, Effect>,
  { run, partial }: UndoneRun,
): UndoWork | undefined {
  const { delegate, invoke } = tool
  if (delegate !== undefined) {
    const undoes = (undoId: string) => ({ run: `${run}/${effects.get(undoId)?.callId}`, partial })
    return { invoke, delegate: { ...delegate, undoes, toMessage: () => undoMessage } }
  }
  const undo = tool.undo?.bind(tool)
  if (undo === undefined) return undefined
  return {
    async invoke(args, context, clock) {
      const effect = effects.get(context.callId)
      if (effect === undefined) return { error: 'There is nothing to undo.' }
      const { result, idempotencyKey } = effect
      return undo(args, { result, idempotencyKey }, context, clock)
    },
  }
}

/**
 * Who has to agree to what the tool does has to agree to its undoing, too. What strangers wrote has no part in that, as the model
 * has none; and what the destination says of the tool's own calls says nothing of these.
 */
function toUndoTool(tool: Tool): Omit<Tool, keyof UndoWork> {
  return {
    name: toUndoName(tool.name),
    declaration: tool.declaration,
    readOnly: false,
    untrusted: tool.untrusted,
    asksAfterUntrusted: false,
    onUnknownOutcome: tool.onUnknownOutcome,
    approvalTimeoutMs: tool.approvalTimeoutMs,
    approvers: tool.approvers,
    check: (args) => tool.check(args),
    needsApproval: (args, context) => tool.needsApproval(args, context),
    reconcile: async () => ({ outcome: 'unknown' }),
  }
}
