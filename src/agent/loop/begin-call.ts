import { toTimestamp } from '../../core/clock.js'
import { type JsonValue, toCanonicalJson } from '../../core/json.js'
import { createApprovalId } from '../../run/approval-id.js'
import { needsTokens, waitsForTokens } from '../../run/decide.js'
import type { ApprovalReason, ToolStarted } from '../../run/events.js'
import { asksForTokens, type CallState } from '../../run/fold.js'
import type { Reconciliation, Tool } from '../agent-definition.js'
import { noteUnknownOutcome } from '../telemetry/tool-span.js'
import { toInvalid } from '../tools/invalid-arguments.js'
import type { ToolError, ToolOutcome } from '../tools/invoke-tool.js'
import { findTool, toIdempotencyKey, toToolContext } from './call-context.js'
import { hasReadUntrusted } from './has-read-untrusted.js'
import type { RunContext } from './run-context.js'
import { withinTimeLeft } from './within-time-left.js'

/** Notes that a call starts; false when it does not, and why has been noted instead. */
export async function beginCall(context: RunContext, state: CallState): Promise<boolean> {
  const { call, started, approval, decision } = state
  const tool = findTool(context, call.name)
  if (tool === undefined) return complete(context, state, { error: `There is no tool named "${call.name}".` })
  if (decision !== undefined && approval?.inner !== undefined) {
    await context.delegation.decide(call.callId, { ...decision, approvalId: approval.inner.approvalId })
    return begin(context, { ...state, approval: undefined, decision: undefined })
  }
  if (decision?.decision === 'approve' && !asksForTokens(state)) return agree(context, state, tool)
  if (decision?.decision === 'reject') return complete(context, state, toRejection(state))
  if (started !== undefined) return settleUnknown(context, state, tool)
  if (context.undo?.doubtful.has(call.callId) && tool.onUnknownOutcome !== 'retry')
    return ask(context, state, tool, 'unknown_outcome')
  if (waitsForTokens(context.journal.state)) return false
  if (needsTokens(context.journal.state, context.limits)) return ask(context, state, tool, 'budget_exhausted')
  if (await needsApproval(context, state, tool)) return askIfValid(context, state, tool)
  if (tool.asksAfterUntrusted && hasReadUntrusted(context))
    return ask(context, state, tool, 'untrusted_content')
  return begin(context, state)
}

function needsApproval(context: RunContext, state: CallState, tool: Tool): Promise<boolean> {
  return withinTimeLeft(context, `Tool "${tool.name}"`, (signal) =>
    tool.needsApproval(state.call.arguments, { ...toToolContext(context, state), signal }),
  )
}

/** Nobody is asked about a call that cannot be made: what is wrong with it the model is told at once. */
async function askIfValid(context: RunContext, state: CallState, tool: Tool): Promise<boolean> {
  const check = () => tool.check(state.call.arguments)
  const issues = await withinTimeLeft(context, `Tool "${tool.name}"`, check)
  if (issues.length > 0) return complete(context, state, { error: toInvalid(issues) })
  return ask(context, state, tool, 'policy')
}

/**
 * Decides about a call that was begun and cut off, by the end of its process or of what it called: whether it took
 * effect, nobody here knows. True when it is begun again.
 */
export async function settleUnknown(context: RunContext, state: CallState, tool: Tool): Promise<boolean> {
  const known = await reconcile(context, state, tool)
  const resolution = known.outcome === 'unknown' ? tool.onUnknownOutcome : known.outcome
  noteUnknownOutcome(tool.name, state.call.callId, resolution)
  if (known.outcome === 'not_done') return begin(context, state)
  if (known.outcome === 'done') return complete(context, state, { result: known.result })
  switch (tool.onUnknownOutcome) {
    case 'retry':
      return begin(context, state)
    case 'ask':
      return ask(context, state, tool, 'unknown_outcome')
    case 'fail':
      return complete(context, state, {
        error:
          'This tool was cut off while it ran, so whether it took effect is unknown. It was not run again.',
        isUnknown: true,
      })
  }
}

/** A tool that cannot find out does not know. */
async function reconcile(
  context: RunContext,
  state: CallState,
  tool: Tool,
): Promise<Reconciliation<JsonValue>> {
  const args = state.started?.arguments ?? state.call.arguments
  try {
    return await withinTimeLeft(context, `Tool "${tool.name}"`, (signal) =>
      tool.reconcile(args, { ...toToolContext(context, state), signal }),
    )
  } catch (error) {
    context.signal.throwIfAborted()
    context.controls.stop.throwIfAborted()
    context.onError(error)
    return { outcome: 'unknown' }
  }
}

/** Begins a call once as many have agreed to it as have to. Who changes its arguments is the first to agree to those. */
function agree(context: RunContext, state: CallState, tool: Tool): boolean {
  const { approval, decision } = state
  const before = isSame(decision?.arguments, approval?.arguments) ? (approval?.approvedBy ?? []) : []
  const approvedBy = [...before, decision?.by ?? '']
  if (approvedBy.length >= (tool.approvers ?? 1)) return begin(context, state)
  return ask(context, state, tool, approval?.reason ?? 'policy', approvedBy)
}

/** Whether a decision leaves the arguments as they were. */
function isSame(edited: JsonValue | undefined, asked: JsonValue | undefined): boolean {
  return edited === undefined || toCanonicalJson(edited) === toCanonicalJson(asked)
}

/** What a call is made with: what a human has seen or written last. Of a run that works for it they have seen other calls. */
function toArguments({ call, started, approval, decision }: CallState): ToolStarted['arguments'] {
  const asked = approval?.inner === undefined ? approval : undefined
  return decision?.arguments ?? asked?.arguments ?? started?.arguments ?? call.arguments
}

function begin(context: RunContext, state: CallState): boolean {
  const { call, started } = state
  const { callId, name } = call
  const args = toArguments(state)
  const idempotencyKey = toIdempotencyKey(context, state)
  const attempt = (started?.attempt ?? 0) + 1
  const data = { callId, name, arguments: args, idempotencyKey, attempt }
  context.journal.record({ type: 'tool.started', data })
  return true
}

function ask(
  context: RunContext,
  state: CallState,
  tool: Tool,
  reason: ApprovalReason,
  approvedBy?: readonly string[],
): boolean {
  const { callId, name } = state.call
  const args = toArguments(state)
  const expiresAt =
    tool.approvalTimeoutMs === undefined
      ? undefined
      : toTimestamp(context.clock.now() + tool.approvalTimeoutMs)
  // A budget is one person's to grant: that says nothing of the call.
  const approvers = reason === 'budget_exhausted' ? 1 : (tool.approvers ?? 1)
  const several = approvers > 1 ? { approvers, approvedBy } : {}
  const approvalId = createApprovalId(context.correlationId)
  const data = { approvalId, callId, name, arguments: args, reason, ...several, expiresAt }
  context.journal.record({ type: 'approval.requested', data })
  return false
}

function complete({ journal }: RunContext, { call }: CallState, outcome: ToolOutcome): boolean {
  journal.record({ type: 'tool.completed', data: { callId: call.callId, ...outcome, durationMs: 0 } })
  return false
}

function toRejection({ approval, decision }: CallState): ToolError {
  const reason = decision?.reason === undefined ? '' : `: ${decision.reason}`
  if (approval?.reason !== 'unknown_outcome') return { error: `A human rejected this call${reason}.` }
  const error = `This tool was cut off while it ran, and a human decided not to run it again${reason}. Whether it took effect is unknown.`
  return { error, isUnknown: true }
}
