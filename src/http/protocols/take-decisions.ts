import { toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { Decision } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import { fold, toOpenApprovals } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'

/**
 * Takes what a human has decided about the tool calls that a run waits with; what was decided just so before is passed
 * over. `toPath` says where in the request a decision stands.
 * @throws {AgentError} `not_found` or `approval_already_decided`.
 */
export async function takeDecisions(
  { sessions }: Call,
  run: { readonly key: RunKey; readonly events: readonly StoredEvent[] },
  decisions: readonly Decision[],
  toPath: (index: number) => string,
): Promise<void> {
  const fresh = decisions.filter((decision, index) => isOpen(run.events, decision, toPath(index)))
  const taken = await sessions.decideAll(run.key, fresh)
  const lost = fresh.find((_decision, index) => !taken[index])
  if (lost !== undefined) throw createDecidedError(lost.approvalId)
}

/** The events up to the last of these decisions; all, as long as one of them is still to be written down. */
export function toUndecided(
  events: readonly StoredEvent[],
  decisions: readonly Decision[],
): readonly StoredEvent[] {
  const ends = decisions.map(({ approvalId }) => events.findIndex((event) => isDecisionOn(event, approvalId)))
  return ends.includes(-1) ? events : events.slice(0, Math.max(...ends))
}

/** Whether a decision is still to be taken; false when it was taken just so. */
function isOpen(events: readonly StoredEvent[], { approvalId, decision }: Decision, path: string): boolean {
  const open = toOpenApprovals(fold(events)).find((approval) => approval.approvalId === approvalId)
  if (open !== undefined) {
    if (open.expiresAt === undefined || open.expiresAt > toTimestamp(Date.now())) return true
    throw new AgentError('approval_already_decided', `Approval "${approvalId}" expired at ${open.expiresAt}.`)
  }
  const decided = events.find((event) => isDecisionOn(event, approvalId))
  if (decided?.type === 'approval.decided' && decided.data.decision === decision) return false
  if (decided !== undefined) throw createDecidedError(approvalId)
  throw new AgentError('not_found', `${path}: there is no approval "${approvalId}" to decide.`, {
    issues: [{ path, message: 'names no approval of this conversation that can be decided' }],
  })
}

function isDecisionOn(event: StoredEvent, approvalId: string): boolean {
  return event.type === 'approval.decided' && event.data.approvalId === approvalId
}

function createDecidedError(approvalId: string): AgentError {
  return new AgentError('approval_already_decided', `Approval "${approvalId}" has been decided already.`)
}
