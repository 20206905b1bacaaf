import { AgentError } from '../../core/errors.js'
import type { Decision } from '../../run/control.js'
import type { ApprovalRequested, StoredEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { toOpenApprovals } from '../../run/waiting.js'
import { requireRight } from '../decision-right.js'
import { createDecidedError } from '../request-errors.js'
import type { Call } from '../route.js'
import { toAnswered } from './answered-events.js'
import { isExpiredNow } from './waiting-runs.js'

/**
 * Takes what a human has decided about the tool calls that a run waits with; what was decided just so before is passed
 * over. `toPath` says where in the request a decision stands.
 * @throws {AgentError} `not_found`, `approval_already_decided`, or `forbidden` when one of them is not the caller's to make: none is taken then.
 */
export async function takeDecisions(
  call: Call,
  { key, events }: { readonly key: RunKey; readonly events: readonly StoredEvent[] },
  decisions: readonly Decision[],
  toPath: (index: number) => string,
): Promise<void> {
  const open = toOpenApprovals(fold(events))
  const asked = decisions.flatMap((decision, index) =>
    isTaken(events, decision) ? [] : [{ decision, approval: requireOpen(open, decision, toPath(index)) }],
  )
  for (const { decision, approval } of asked) await requireRight(call, { ...decision, key, approval })
  const fresh = asked.map(({ decision }) => decision)
  const taken = await call.sessions.decideAll(key, fresh)
  const lost = fresh.filter((_decision, index) => !taken[index])
  if (lost.length > 0) await checkFiled(call, key, lost)
}

/** Whether the run has been told just that. @throws {AgentError} `approval_already_decided` when it was told otherwise. */
function isTaken(events: readonly StoredEvent[], { approvalId, decision }: Decision): boolean {
  const told = events.find((event) => toAnswered(event) === approvalId)
  if (told?.type !== 'approval.decided') return false
  if (told.data.decision !== decision) throw createDecidedError(approvalId)
  return true
}

/** What there is to decide. @throws {AgentError} `not_found`, or `approval_already_decided` when it is too late. */
function requireOpen(
  open: readonly ApprovalRequested[],
  { approvalId }: Decision,
  path: string,
): ApprovalRequested {
  const approval = open.find((one) => one.approvalId === approvalId)
  if (approval === undefined) {
    throw new AgentError('not_found', `${path}: there is no approval "${approvalId}" to decide.`, {
      issues: [{ path, message: 'names no approval of this conversation that can be decided' }],
    })
  }
  if (!isExpiredNow(approval)) return approval
  throw new AgentError(
    'approval_already_decided',
    `Approval "${approvalId}" expired at ${approval.expiresAt}.`,
  )
}

/** Passes when others have decided the same, of which the run has yet to learn. @throws {AgentError} `approval_already_decided` */
async function checkFiled({ log }: Call, key: RunKey, decisions: readonly Decision[]): Promise<void> {
  const filed = await log.controls(key)
  for (const { approvalId, decision } of decisions) {
    const isSame = filed.some(
      (record) =>
        record.type === 'decision' && record.approvalId === approvalId && record.decision === decision,
    )
    if (!isSame) throw createDecidedError(approvalId)
  }
}
