import { shareCheckLimit } from '../../core/caller-schema.js'
import { hasCode, toErrorMessage } from '../../core/errors.js'
import { createApprovalId } from '../../run/approval-id.js'
import type { ApprovalRequested } from '../../run/events.js'
import type { CallState } from '../../run/fold.js'
import { traceTool } from '../telemetry/tool-span.js'
import { parkInBackground } from './background-answer.js'
import { beginCall, settleUnknown } from './begin-call.js'
import { findCall, findTool, toToolContext } from './call-context.js'
import { recordStateChanges } from './equip-run.js'
import { type ExecutionOutcome, executeTool } from './execute-tool.js'
import type { RunContext } from './run-context.js'

/** Goes on with a step's tool calls, side by side up to the agent's limit. Each result is durable before it counts. */
export function callTools(context: RunContext, calls: readonly CallState[]): Promise<void> {
  return shareCheckLimit(() => callAll(context, calls))
}

async function callAll(context: RunContext, calls: readonly CallState[]): Promise<void> {
  const started: CallState[] = []
  for (const call of calls) if (await beginCall(context, call)) started.push(call)
  await context.journal.flush()
  const queue = started.values()
  let isInBackground = false
  const workers = Array.from({ length: context.agent.maxParallelTools }, async () => {
    for (const { call } of queue) {
      const outcome = await finish(context, call.callId)
      isInBackground ||= outcome !== undefined && 'parked' in outcome && outcome.parked === 'background'
    }
  })
  // None is left behind: what it recorded later would come after the end of the run.
  const results = await Promise.allSettled(workers)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  if (isInBackground) parkInBackground(context)
}

async function finish(context: RunContext, callId: string): Promise<ExecutionOutcome | undefined> {
  const { journal, clock } = context
  const startedAt = clock.now()
  const outcome = await executeToOutcome(context, callId)
  if (outcome === undefined) {
    recordStateChanges(context)
  } else if (!('parked' in outcome)) {
    const durationMs = clock.now() - startedAt
    try {
      recordStateChanges(context)
    } finally {
      // What the tool did has happened, also when its provider keeps too much.
      journal.record({ type: 'tool.completed', data: { callId, ...outcome, durationMs } })
    }
  } else if (outcome.parked === 'approval') {
    journal.record({ type: 'approval.requested', data: toOuterApproval(context, callId, outcome.approval) })
  } else if (outcome.parked === 'tool') {
    recordStateChanges(context)
    journal.record({ type: 'tool.pending', data: { callId, since: clock.now(), inner: outcome.calls } })
  }
  await journal.flush()
  return outcome
}

/** How often a tool may be cut off in one execution of a run before its outcome is left unknown. */
const maxCutOffs = 3

/** Executes a call; again, when it was cut off and may be. `undefined` when something else has been noted of it. */
async function executeToOutcome(context: RunContext, callId: string): Promise<ExecutionOutcome | undefined> {
  for (let cutOffs = 1; ; cutOffs += 1) {
    try {
      return await execute(context, callId)
    } catch (error) {
      if (!hasCode(error, 'outcome_unknown')) throw error
      if (cutOffs === maxCutOffs)
        return { error: `${toErrorMessage(error)} Whether it took effect is unknown.`, isUnknown: true }
    }
    const state = findCall(context, callId)
    const tool = findTool(context, state?.call.name)
    if (state === undefined || tool === undefined || !(await settleUnknown(context, state, tool))) return
    await context.journal.flush()
  }
}

async function execute(context: RunContext, callId: string): Promise<ExecutionOutcome> {
  const state = findCall(context, callId)
  const tool = findTool(context, state?.call.name)
  if (state?.started === undefined || tool === undefined) return { error: 'The call was never started.' }
  const execution = { tool, arguments: state.started.arguments, call: toToolContext(context, state) }
  return traceTool(execution, () => executeTool(context, execution))
}

/** An approval of a run that works for this one, as this one's own: whoever decides sees the innermost tool. */
function toOuterApproval(
  context: RunContext,
  callId: string,
  approval: ApprovalRequested,
): ApprovalRequested {
  const agent =
    approval.inner?.agent ?? findTool(context, findCall(context, callId)?.call.name)?.delegate?.agent.name
  const inner = { agent: agent ?? '', approvalId: approval.approvalId }
  return { ...approval, callId, approvalId: createApprovalId(context.correlationId), inner }
}
