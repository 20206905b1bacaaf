import type { UndoneRun } from '../../run/events.js'
import type { Tool } from '../agent-definition.js'
import type { UndoPlan } from './undone-runs.js'

/** What the calls are named that undo a tool's; no longer than model servers take, which are shown them later. */
export function toUndoName(tool: string): string {
  return `undo_${tool}`.slice(0, 64)
}

/** The tools of a run that undoes another one: each undoes what one of the agent's has done. A human has asked for it, so nobody is asked again. */
export function toUndoTools(
  tools: readonly Tool[],
  { toUndo }: UndoPlan,
  { run, partial }: UndoneRun,
): readonly Tool[] {
  const effects = new Map(toUndo.map((effect) => [effect.undoId, effect]))
  const base = (tool: Tool) => ({
    name: toUndoName(tool.name),
    declaration: tool.declaration,
    readOnly: false,
    untrusted: tool.untrusted,
    asksAfterUntrusted: false,
    onUnknownOutcome: tool.onUnknownOutcome,
    approvalTimeoutMs: tool.approvalTimeoutMs,
    approvers: tool.approvers,
    check: (args: unknown) => tool.check(args),
    needsApproval: async () => false,
    reconcile: async () => ({ outcome: 'unknown' as const }),
  })
  return tools.flatMap((tool): readonly Tool[] => {
    const { delegate } = tool
    if (delegate !== undefined) {
      const undoes = (undoId: string) => ({ run: `${run}/${effects.get(undoId)?.callId}`, partial })
      const own = { ...delegate, undoes, toMessage: () => 'Undo what was done.' }
      return [{ ...base(tool), delegate: own, invoke: tool.invoke }]
    }
    if (tool.undo === undefined) return []
    const invoke: Tool['invoke'] = async (args, context, clock) => {
      const effect = effects.get(context.callId)
      if (effect === undefined || tool.undo === undefined) return { error: 'There is nothing to undo.' }
      const { result, idempotencyKey } = effect
      return tool.undo(args, { result, idempotencyKey }, context, clock)
    }
    return [{ ...base(tool), invoke }]
  })
}
