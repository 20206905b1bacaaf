import { fold, isCallersTool, toLastCalls, toOpenApprovals, toOpenCalls } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'
import { findUnreported } from '../take-results.js'
import { answerRun, type RunAnswers } from './decide-run.js'

/**
 * Takes what is answered together with the user's next message; what was answered before is history by then. A run that has
 * waited for nothing but results of its caller's tools ends with them. False, with nothing taken, when it would go on waiting.
 */
export async function answerBeforeMessage(
  call: Call,
  key: RunKey,
  { decisions, results }: RunAnswers,
): Promise<boolean> {
  const state = fold(await call.sessions.readRun(key))
  const calls = state.outcome === undefined ? toLastCalls(state) : []
  const open = calls.filter(({ completed }) => completed === undefined)
  const due = results.filter(({ callId }) => open.some((one) => one.call.callId === callId))
  if (decisions.length + due.length === 0) return true
  const answers = { decisions, results: due }
  if (await goesOnWaiting(call, key, answers)) return false
  const isUpToCaller = decisions.length === 0 && open.every((one) => isCallersTool(state, one.call.name))
  if (isUpToCaller) await endWithResults(call, key, due)
  else await answerRun(call, key, answers)
  return true
}

/** A run that has waited for nothing but its caller has no more to say: with the message the model hears of what the caller has done. */
async function endWithResults({ sessions }: Call, key: RunKey, placed: RunAnswers['results']): Promise<void> {
  const unreported = findUnreported(await sessions.readRun(key), placed)
  const results = unreported.map(({ callId, outcome }) => ({ callId, ...outcome }))
  await sessions.reportAndCancel(key, results, 'A newer message took its place.')
}

async function goesOnWaiting(
  { sessions }: Call,
  key: RunKey,
  { decisions, results }: RunAnswers,
): Promise<boolean> {
  const standing = await sessions.readStanding(key)
  const given = [...decisions.map(({ approvalId }) => approvalId), ...results.map(({ callId }) => callId)]
  const asked = [
    ...toOpenApprovals(standing).map(({ approvalId }) => approvalId),
    ...toOpenCalls(standing).map(({ callId }) => callId),
  ]
  return asked.some((id) => !given.includes(id))
}
