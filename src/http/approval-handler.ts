import { z } from 'zod'
import type { Agent } from '../agent/agent.js'
import { toTimestamp } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import type { JsonObject } from '../core/json.js'
import { longestReason } from '../core/longest-reason.js'
import { toAskingRun } from '../run/approval-id.js'
import type { ApprovalRequested } from '../run/events.js'
import { isExpired, toOpenApprovals } from '../run/waiting.js'
import { type Answer, createStandingAnswer } from './answers.js'
import { checkEditedArguments } from './check-edited-arguments.js'
import { parseId } from './ids.js'
import { parseShape } from './parse-shape.js'
import { readJsonBody } from './read-body.js'
import { createDecidedError, createFieldError } from './request-errors.js'
import type { Call, Handler } from './route.js'
import { type FoundRun, requireSession } from './session-handlers.js'
import { withoutNulls } from './without-nulls.js'

/** The body of a decision (README, HTTP). */
export const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().max(longestReason).optional().describe('Told to the model when the call is rejected.'),
  arguments: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Used instead of the model's when approving."),
})

/** `POST agents/{agent}/{sessionId}/approvals/{approvalId}`: decides a waiting tool call; 202, then follow the run. */
export function createApprovalHandler(agent: Agent): Handler {
  return async function handleApproval(call: Call): Promise<Answer> {
    const body = await readJsonBody(call.request, call.settings.maxBodyBytes)
    const { decision, reason, arguments: args } = parseShape(decisionBody, withoutNulls(body, decisionBody))
    if (decision === 'reject' && args !== undefined)
      throw createFieldError('arguments', 'make no sense with a rejection')
    const key = await requireSession(call, agent)
    const approvalId = parseId('approvalId', call.params.approvalId ?? '', 200)
    const run = { ...key, run: toAskingRun(approvalId) }
    const events = await call.sessions.readRun(run)
    const approval = await requireOpenApproval(call, { key: run, events }, approvalId)
    if (args !== undefined) await checkEditedArguments(agent, approval, args)
    const edited = args as JsonObject | undefined
    const taken = await call.sessions.decide(run, {
      approvalId,
      decision,
      reason,
      by: call.owner,
      arguments: edited,
    })
    if (!taken) throw createDecidedError(approvalId)
    return createStandingAnswer(call.url, run, await call.sessions.readStanding(run, events))
  }
}

async function requireOpenApproval(
  { sessions }: Call,
  { key, events }: FoundRun,
  approvalId: string,
): Promise<ApprovalRequested> {
  const asked = events.find(
    (event) => event.type === 'approval.requested' && event.data.approvalId === approvalId,
  )
  if (asked?.type !== 'approval.requested')
    throw new AgentError(
      'not_found',
      `Session "${key.session}" has no approval with approvalId "${approvalId}".`,
    )
  const open = toOpenApprovals(await sessions.readStanding(key, events))
  if (open.some((approval) => approval.approvalId === approvalId)) return asked.data
  const isDecided = events.some(
    (event) => event.type === 'approval.decided' && event.data.approvalId === approvalId,
  )
  const { expiresAt } = asked.data
  if (isDecided || !isExpired(asked.data, toTimestamp(Date.now()))) throw createDecidedError(approvalId)
  throw new AgentError('approval_already_decided', `Approval "${approvalId}" expired at ${expiresAt}.`)
}
