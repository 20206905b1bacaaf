import type { FunctionCallContent } from '../core/messages.js'
import type { ControlRecord } from './control.js'
import type { ApprovalRequested, ParkReason, StoredEvent } from './events.js'
import { fold, type RunState, toLastCalls } from './fold.js'

/** The tool calls that wait for a human. */
export function toOpenApprovals(state: RunState): readonly ApprovalRequested[] {
  const calls = state.outcome === undefined ? toLastCalls(state) : []
  return calls.flatMap(({ approval, decision }) =>
    approval === undefined || decision !== undefined ? [] : [approval],
  )
}

/** What was asked under an approval's id, and when (ms since 1970 UTC). */
export function findApprovalRequest(
  events: readonly StoredEvent[],
  approvalId: string,
): { readonly approval: ApprovalRequested; readonly at: number } | undefined {
  for (const { type, data, at } of events)
    if (type === 'approval.requested' && data.approvalId === approvalId) return { approval: data, at }
  return undefined
}

/** A tool call that waits for the caller of its run to carry it out. */
export type OpenCall = Pick<FunctionCallContent, 'callId' | 'name' | 'arguments'>

/** The tool calls that wait for the run's caller. */
export function toOpenCalls(state: RunState): readonly OpenCall[] {
  if (state.outcome !== undefined) return []
  return toLastCalls(state).flatMap(({ call: { callId, name, arguments: args }, pending, completed }) => {
    const isOpen = pending !== undefined && completed === undefined
    return isOpen && isCallersTool(state, name) ? [{ callId, name, arguments: args }] : []
  })
}

/** Whether calls of a tool are the run's caller's to carry out. */
export function isCallersTool({ request }: Pick<RunState, 'request'>, name: string | undefined): boolean {
  return request?.options.tools?.some((tool) => tool.name === name) ?? false
}

/** Whether nobody works on a run that is parked for this: somebody outside has to answer. A model that works in the background does. */
export function isIdle(reason: ParkReason | undefined): boolean {
  return reason === 'approval' || reason === 'tool'
}

/** Whether a run stands still until a human decides, or its caller has carried out a tool. */
export function isAsking(state: RunState): boolean {
  return isIdle(state.parked) && hasOpenQuestions(state)
}

/** Whether a human, or the run's caller, has to answer something, be it waited for yet or not. */
export function hasOpenQuestions(state: RunState): boolean {
  return toOpenApprovals(state).length + toOpenCalls(state).length > 0
}

/** Whether an approval counts as rejected, because nobody decided in time. `now` is ISO 8601 UTC. */
export function isExpired({ expiresAt }: ApprovalRequested, now: string): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

/** The state of a run that has learned of the wishes about its approvals and its caller's tools, and of the time; to be cancelled is to have none. */
export function withWishes(state: RunState, wishes: readonly ControlRecord[], now: string): RunState {
  const isStopped = wishes.some(({ type }) => type === 'cancel')
  const gone = toOpenApprovals(state).filter((approval) => isStopped || isExpired(approval, now))
  const rejected = gone.map(({ approvalId }) => ({ approvalId, decision: 'reject' as const }))
  const decisions = [...wishes.filter((wish) => wish.type === 'decision'), ...rejected]
  const reported = wishes.filter((wish) => wish.type === 'toolResult')
  const closed = toOpenCalls(state).filter(
    ({ callId }) => isStopped || reported.some((report) => report.callId === callId),
  )
  return fold(
    [
      ...decisions.map((data) => ({ type: 'approval.decided' as const, data })),
      ...closed.map(({ callId }) => ({ type: 'tool.completed' as const, data: { callId, durationMs: 0 } })),
    ],
    state,
  )
}

/** Whether a run that waits can go on because of a wish: it answers what is asked, or brings what is pending. */
export function isAnswer(state: RunState, wish: ControlRecord): boolean {
  if (wish.type === 'decision')
    return toOpenApprovals(state).some(({ approvalId }) => approvalId === wish.approvalId)
  if (wish.type === 'toolResult') return toPendingCalls(state).includes(wish.callId)
  return wish.type === 'cancel'
}

/** The pending tool calls that a run waits for, those of runs that work for it as `<call>/<inner call>`. */
export function toPendingCalls(state: RunState): readonly string[] {
  const calls = state.outcome === undefined ? toLastCalls(state) : []
  return calls.flatMap(({ call: { callId }, pending, completed }) => {
    if (pending === undefined || completed !== undefined) return []
    return pending.inner === undefined ? [callId] : pending.inner.map((inner) => `${callId}/${inner}`)
  })
}
