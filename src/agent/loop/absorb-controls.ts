import { toTimestamp } from '../../core/clock.js'
import type { ToolResult } from '../../run/control.js'
import { toLastCalls } from '../../run/fold.js'
import { isExpired, toOpenApprovals } from '../../run/waiting.js'
import { cancelAnswer } from './background-answer.js'
import { findCall } from './call-context.js'
import type { RunSetup } from './run-context.js'

/**
 * Writes down the wishes about a run that it does not know yet: decisions, results, and messages that join it, unless its
 * model is at work on an answer.
 */
export async function absorbControls(context: RunSetup): Promise<void> {
  const { journal, controls } = context
  for (const record of controls.records) {
    if (record.type === 'decision') {
      const { type, ...decision } = record
      const isOpen = toOpenApprovals(journal.state).some(
        ({ approvalId }) => approvalId === decision.approvalId,
      )
      if (isOpen) journal.record({ type: 'approval.decided', data: decision })
    } else if (record.type === 'steer' && takesMessages(context)) {
      const { run, messages } = record
      if (await joins(context, run)) journal.record({ type: 'run.steered', data: { run, messages } })
    } else if (record.type === 'toolResult') {
      absorbToolResult(context, record)
    }
  }
}

/** Whether a model will be asked that can be shown more messages: not while it is at work, and not by a run that only undoes another one. */
function takesMessages({ journal, request }: RunSetup): boolean {
  return journal.state.continuation === undefined && request.options.undoes === undefined
}

/**
 * Whether another run's messages become part of this one. A run that is to be cancelled takes none in but those that are part
 * of it already, as whoever took them in was cut off: no other run has them.
 */
async function joins(context: RunSetup, run: string): Promise<boolean> {
  const { journal, controls, onError } = context
  if (journal.state.steering.some((steering) => steering.run === run)) return false
  if (controls.cancelReason === undefined) return context.join(run)
  try {
    return await context.hasJoined(run)
  } catch (error) {
    // What cannot be read must not keep a run from being cancelled.
    onError(error)
    return false
  }
}

/** Results of runs that work for this one are theirs to take in. */
function absorbToolResult(setup: RunSetup, { callId, result, error }: ToolResult): void {
  const { journal, clock } = setup
  const call = findCall(setup, callId)
  if (call === undefined || call.completed !== undefined) return
  const durationMs = call.pending === undefined ? 0 : clock.now() - call.pending.since
  journal.record({ type: 'tool.completed', data: { callId, result, error, durationMs } })
}

/** Counts approvals that nobody decided in time as rejected. */
export function expireApprovals({ journal, clock }: RunSetup): void {
  const now = toTimestamp(clock.now())
  for (const approval of toOpenApprovals(journal.state)) {
    if (!isExpired(approval, now)) continue
    const { approvalId } = approval
    const reason = 'nobody decided in time'
    journal.record({ type: 'approval.decided', data: { approvalId, decision: 'reject', reason } })
  }
}

/** Ends a run on request. Its partial answer is kept, and its open tool calls are closed, as models want each to have a result. */
export async function cancelRun(setup: RunSetup, reason: string): Promise<void> {
  const { journal } = setup
  await cancelAnswer(setup)
  const text = journal.state.partial ?? ''
  for (const { call, completed, started } of toLastCalls(journal.state)) {
    if (completed !== undefined) continue
    const error =
      started === undefined
        ? 'The run was cancelled before this tool ran.'
        : 'The run was cancelled while this tool ran, so whether it took effect is unknown.'
    const isUnknown = started === undefined ? undefined : true
    journal.record({ type: 'tool.completed', data: { callId: call.callId, error, isUnknown, durationMs: 0 } })
  }
  journal.record({ type: 'run.cancelled', data: { reason, text } })
}
