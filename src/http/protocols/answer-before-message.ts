import type { OnBusy, StoredEvent } from '../../run/events.js'
import { type RunState, toLastCalls } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { isCallersTool, toOpenApprovals, toOpenCalls } from '../../run/waiting.js'
import type { Call } from '../route.js'
import { findUnreported } from '../take-results.js'
import { answerRun, isNone, type RunAnswers } from './answer-run.js'

/**
 * Takes what is answered together with the user's next message; what was answered before is history by then. A run that has
 * waited for nothing but results of its caller's tools ends with them, and so does one that the message interrupts; any other
 * goes on ahead of the message. False, with nothing taken, when it would go on waiting.
 * @throws {AgentError} `not_found` when there is something to take, and the session is somebody else's; as {@link answerRun}.
 */
export async function answerBeforeMessage(
  call: Call,
  key: RunKey,
  { decisions, results }: RunAnswers,
  onBusy?: OnBusy,
): Promise<boolean> {
  const events = await call.sessions.readRun(key)
  const standing = await call.sessions.readStanding(key, events)
  const calls = standing.outcome === undefined ? toLastCalls(standing) : []
  const open = calls.filter(({ completed }) => completed === undefined)
  const due = results.filter(({ callId }) => open.some((one) => one.call.callId === callId))
  const answers = { decisions, results: due }
  if (isNone(answers)) return true
  await call.sessions.requireSession(key, call.owner)
  const isInterrupted = onBusy === 'interrupt'
  if (!isInterrupted && goesOnWaiting(standing, answers)) return false
  const isUpToCaller = decisions.length === 0 && open.every((one) => isCallersTool(standing, one.call.name))
  if (isInterrupted || isUpToCaller) await endWithResults(call, key, events, due)
  else await answerRun(call, key, answers)
  return true
}

/** A run that has waited for nothing but its caller has no more to say: with the message the model hears of what the caller has done. */
async function endWithResults(
  { sessions }: Call,
  key: RunKey,
  events: readonly StoredEvent[],
  placed: RunAnswers['results'],
): Promise<void> {
  const unreported = findUnreported(events, placed)
  const results = unreported.map(({ callId, outcome }) => ({ callId, ...outcome }))
  await sessions.reportAndCancel(key, results, 'A newer message took its place.')
}

function goesOnWaiting(standing: RunState, { decisions, results }: RunAnswers): boolean {
  const given = [...decisions.map(({ approvalId }) => approvalId), ...results.map(({ callId }) => callId)]
  const asked = [
    ...toOpenApprovals(standing).map(({ approvalId }) => approvalId),
    ...toOpenCalls(standing).map(({ callId }) => callId),
  ]
  return asked.some((id) => !given.includes(id))
}
