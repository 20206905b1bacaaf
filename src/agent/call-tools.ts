import { createHash, randomUUID } from 'node:crypto'
import { toTimestamp } from '../core/clock.js'
import { hasCode, toErrorMessage } from '../core/errors.js'
import type { ApprovalRequested } from '../run/events.js'
import type { CallState } from '../run/fold.js'
import type { Tool } from './agent-definition.js'
import { parkInBackground } from './background-answer.js'
import { recordStateChanges, toRunInfo } from './equip-run.js'
import { type ExecutionOutcome, executeTool } from './execute-tool.js'
import type { ToolOutcome } from './invoke-tool.js'
import type { RunContext } from './run-context.js'
import type { ToolContext } from './tool-context.js'

/** Goes on with a step's tool calls, side by side up to the agent's limit. Each result is durable before it counts. */
export async function callTools(context: RunContext, calls: readonly CallState[]): Promise<void> {
  const started: CallState[] = []
  for (const call of calls) if (await prepare(context, call)) started.push(call)
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

/** Notes that a call starts; false when it does not, and why has been noted instead. */
async function prepare(context: RunContext, state: CallState): Promise<boolean> {
  const { call, started, approval, decision } = state
  const tool = findTool(context, call.name)
  if (tool === undefined) return complete(context, state, { error: `There is no tool named "${call.name}".` })
  if (decision !== undefined && approval?.inner !== undefined) {
    await context.delegation.decide(call.callId, { ...decision, approvalId: approval.inner.approvalId })
    return begin(context, { ...state, decision: undefined })
  }
  if (decision?.decision === 'approve') return begin(context, state)
  if (decision?.decision === 'reject') return complete(context, state, { error: toRejection(state) })
  if (started !== undefined) return settleUnknown(context, state, tool)
  if (await tool.needsApproval(call.arguments, toToolContext(context, state)))
    return ask(context, state, tool, 'policy')
  return begin(context, state)
}

/** The call was begun and cut off, by the end of its process or of what it called: whether it took effect, nobody here knows. */
async function settleUnknown(context: RunContext, state: CallState, tool: Tool): Promise<boolean> {
  const known = await tool.reconcile(
    state.started?.arguments ?? state.call.arguments,
    toToolContext(context, state),
  )
  if (known.outcome === 'not_done') return begin(context, state)
  if (known.outcome === 'done') {
    return complete(context, state, { result: JSON.parse(JSON.stringify(known.result ?? null)) })
  }
  switch (tool.onUnknownOutcome) {
    case 'retry':
      return begin(context, state)
    case 'ask':
      return ask(context, state, tool, 'unknown_outcome')
    case 'fail':
      return complete(context, state, {
        error:
          'This tool was cut off while it ran, so whether it took effect is unknown. It was not run again.',
      })
  }
}

function begin({ journal, ...context }: RunContext, state: CallState): boolean {
  const { call, started, decision } = state
  const { callId, name } = call
  const args = decision?.arguments ?? started?.arguments ?? call.arguments
  const idempotencyKey = toIdempotencyKey(context, state)
  const attempt = (started?.attempt ?? 0) + 1
  journal.record({ type: 'tool.started', data: { callId, name, arguments: args, idempotencyKey, attempt } })
  return true
}

function ask(
  context: RunContext,
  { call, started }: CallState,
  tool: Tool,
  reason: ApprovalRequested['reason'],
): boolean {
  const { callId, name } = call
  const args = started?.arguments ?? call.arguments
  const expiresAt =
    tool.approvalTimeoutMs === undefined
      ? undefined
      : toTimestamp(context.clock.now() + tool.approvalTimeoutMs)
  const approvalId = createApprovalId(context)
  context.journal.record({
    type: 'approval.requested',
    data: { approvalId, callId, name, arguments: args, reason, expiresAt },
  })
  return false
}

function complete({ journal }: RunContext, { call }: CallState, outcome: ToolOutcome): boolean {
  journal.record({ type: 'tool.completed', data: { callId: call.callId, ...outcome, durationMs: 0 } })
  return false
}

function toRejection({ approval, decision }: CallState): string {
  const reason = decision?.reason === undefined ? '' : `: ${decision.reason}`
  if (approval?.reason === 'unknown_outcome') {
    return `This tool was cut off while it ran, and a human decided not to run it again${reason}. Whether it took effect is unknown.`
  }
  return `A human rejected this call${reason}.`
}

async function finish(context: RunContext, callId: string): Promise<ExecutionOutcome | undefined> {
  const { journal, clock } = context
  const startedAt = clock.now()
  const outcome = await executeToOutcome(context, callId)
  if (outcome === undefined) {
    recordStateChanges(context)
  } else if (!('parked' in outcome)) {
    const durationMs = clock.now() - startedAt
    recordStateChanges(context)
    journal.record({ type: 'tool.completed', data: { callId, ...outcome, durationMs } })
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
        return { error: `${toErrorMessage(error)} Whether it took effect is unknown.` }
    }
    const state = findCall(context, callId)
    const tool = findTool(context, state?.call.name)
    if (state === undefined || tool === undefined || !(await settleUnknown(context, state, tool))) return
    await context.journal.flush()
  }
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
  return { ...approval, callId, approvalId: createApprovalId(context), inner }
}

async function execute(context: RunContext, callId: string): Promise<ExecutionOutcome> {
  const state = findCall(context, callId)
  const tool = findTool(context, state?.call.name)
  if (state?.started === undefined || tool === undefined) return { error: 'The call was never started.' }
  return executeTool(context, {
    tool,
    arguments: state.started.arguments,
    call: toToolContext(context, state),
  })
}

function findCall({ journal }: RunContext, callId: string): CallState | undefined {
  return journal.state.steps.at(-1)?.calls.find(({ call }) => call.callId === callId)
}

function findTool({ tools }: RunContext, name: string | undefined): Tool | undefined {
  return tools.find((tool) => tool.name === name)
}

function createApprovalId({ correlationId }: RunContext): string {
  return `${correlationId}~${randomUUID()}`
}

function toToolContext(context: RunContext, state: CallState): ToolContext {
  const { callId } = state.call
  const idempotencyKey = toIdempotencyKey(context, state)
  return {
    ...toRunInfo(context),
    callId,
    idempotencyKey,
    durable: context.durable?.({ callId, idempotencyKey }),
    attempt: state.started?.attempt ?? 1,
    values: context.values,
    signal: context.signal,
    reportProgress: () => {},
  }
}

function toIdempotencyKey(
  { agent, sessionId, correlationId }: Pick<RunContext, 'agent' | 'sessionId' | 'correlationId'>,
  { call, started }: CallState,
): string {
  if (started !== undefined) return started.idempotencyKey
  const parts = [agent.name, sessionId, correlationId, call.callId]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
