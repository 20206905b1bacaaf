import { toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { ApprovalRequested, StoredEvent } from '../../run/events.js'
import { fold, isExpired, toOpenApprovals } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'

/** Whether a run waits from then on for a human. */
export function isParked(event: StoredEvent): boolean {
  return event.type === 'run.parked' && event.data.reason === 'approval'
}

/** Whether a tool call that waits for a human goes on as rejected, because nobody decided in time. */
export function isExpiredNow(approval: ApprovalRequested): boolean {
  return isExpired(approval, toTimestamp(Date.now()))
}

/** Whether a run can go on: because it asks nobody, or has been given an answer of which its log does not know yet. */
async function isDecided(
  { log }: Pick<Call, 'log'>,
  key: RunKey,
  events: readonly StoredEvent[],
): Promise<boolean> {
  const asked = toOpenApprovals(fold(events)).map(({ approvalId }) => approvalId)
  if (asked.length === 0) return true
  const controls = await log.controls(key)
  return controls.some(
    (record) => record.type === 'cancel' || (record.type === 'decision' && asked.includes(record.approvalId)),
  )
}

/**
 * A run's events, once it has heard what somebody has decided about it: until then its log says that it waits for a human.
 * Waits only when there is something to hear, and no longer than the signal allows.
 */
export async function readDecidedRun(
  call: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
): Promise<readonly StoredEvent[]> {
  const { sessions } = call
  const events = await sessions.readRun(key)
  if (fold(events).parked !== 'approval' || !(await isDecided(call, key, events))) return events
  for await (const later of sessions.follow(key, events.length - 1, signal)) if (later.length > 0) break
  return sessions.readRun(key)
}

/**
 * The earlier run of a session that a new one would have to wait behind until somebody decides; `undefined` when there is
 * none, or when the run is no new one. One that nobody has answered in time is told to go on.
 * @throws {AgentError} `not_found` when the session is somebody else's.
 */
export async function findAskingRun(
  call: Pick<Call, 'log' | 'sessions' | 'owner'>,
  key: RunKey,
): Promise<RunKey | undefined> {
  const { log, sessions, owner } = call
  const [first] = await log.runsAfter(key, Number.MAX_SAFE_INTEGER)
  if (first?.status !== 'parked') return undefined
  await sessions.requireSession(key, owner)
  if ((await sessions.readRun(key)).length > 0) return undefined
  const asking = { ...key, run: first.run }
  const events = await sessions.readRun(asking)
  if (await isDecided(call, asking, events)) return undefined
  if (!toOpenApprovals(fold(events)).every(isExpiredNow)) return asking
  await sessions.signal(asking, 'continue', { correlationId: asking.run })
  return undefined
}

/** Refuses a message that would have to wait until a human has decided about an earlier one. @throws {AgentError} `session_busy`; `not_found` when the session is somebody else's. */
export async function refuseToWait(
  call: Pick<Call, 'log' | 'sessions' | 'owner'>,
  key: RunKey,
): Promise<void> {
  const asking = await findAskingRun(call, key)
  if (asking === undefined) return
  const text = `Run "${asking.run}" of session "${key.session}" waits for a human to decide about a tool call: decide first.`
  throw new AgentError('session_busy', text)
}
