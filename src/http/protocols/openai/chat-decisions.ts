import type { ControlRecord } from '../../../run/control.js'
import type { ApprovalRequested, StoredEvent } from '../../../run/events.js'
import { fold, toOpenApprovals } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'

/**
 * A run's events, once it has heard what somebody has decided about it: until then its log says that it waits for a human.
 * Waits only when there is something to hear, and no longer than the signal allows.
 */
export async function readDecidedRun(
  { log, sessions }: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
): Promise<readonly StoredEvent[]> {
  const events = await sessions.readRun(key)
  const open = toOpenApprovals(fold(events))
  if (open.length === 0) return events
  const controls = await log.controls(key)
  if (!controls.some((record) => isAbout(record, open))) return events
  for await (const later of sessions.follow(key, events.length - 1, signal)) if (later.length > 0) break
  return sessions.readRun(key)
}

function isAbout(record: ControlRecord, open: readonly ApprovalRequested[]): boolean {
  if (record.type === 'cancel') return true
  return record.type === 'decision' && open.some(({ approvalId }) => approvalId === record.approvalId)
}
