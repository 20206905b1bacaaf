import { z } from 'zod'
import type { Agent } from '../agent/agent.js'
import { toTimestamp } from '../core/clock.js'
import { AgentError, hasCode } from '../core/errors.js'
import { longestReason } from '../core/longest-reason.js'
import { toAskingRun } from '../run/approval-id.js'
import type { ApprovalRequested } from '../run/events.js'
import type { SessionKey } from '../run/run-log.js'
import { findApprovalRequest, isExpired, toOpenApprovals } from '../run/waiting.js'
import { type Answer, createPendingAnswer, createStandingAnswer, toStanding } from './answers.js'
import { checkEditedArguments } from './check-edited-arguments.js'
import { requireRight } from './decision-right.js'
import { parseId } from './ids.js'
import { jsonObject } from './json-shapes.js'
import { parseShape } from './parse-shape.js'
import { readJsonBody } from './read-body.js'
import { createDecidedError, createFieldError } from './request-errors.js'
import type { Call, Handler } from './route.js'
import { type FoundRun, parseSessionKey } from './session-handlers.js'
import { withoutNulls } from './without-nulls.js'

/** The body of a decision (README, HTTP). */
export const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().max(longestReason).optional().describe('Told to the model when the call is rejected.'),
  arguments: jsonObject.optional().describe("Used instead of the model's when approving."),
})

/** `POST agents/{agent}/{sessionId}/approvals/{approvalId}`: decides a waiting tool call; 202, then follow the run. */
export function createApprovalHandler(agent: Agent): Handler {
  return async function handleApproval(call: Call): Promise<Answer> {
    const body = await readJsonBody(call.request, call.settings.maxBodyBytes)
    const { decision, reason, arguments: args } = parseShape(decisionBody, withoutNulls(body, decisionBody))
    if (decision === 'reject' && args !== undefined)
      throw createFieldError('arguments', 'make no sense with a rejection')
    const key = parseSessionKey(call, agent)
    const stranger = await findRefusal(call, key)
    const approvalId = parseId('approvalId', call.params.approvalId ?? '', 200)
    const run = { ...key, run: toAskingRun(approvalId) }
    const events = await call.sessions.readRun(run)
    const approval = findApprovalRequest(events, approvalId)?.approval
    if (approval === undefined) throw stranger ?? createUnknownError(key, approvalId)
    await requireRight(call, { key: run, approval, decision, arguments: args }, stranger)
    await requireOpen(call, { key: run, events }, approval)
    if (args !== undefined) await checkEditedArguments(agent, approval, args)
    const taken = await call.sessions.decide(run, {
      approvalId,
      decision,
      reason,
      by: call.owner,
      arguments: args,
    })
    if (!taken) throw createDecidedError(approvalId)
    const standing = await call.sessions.readStanding(run, events)
    return stranger === undefined
      ? createStandingAnswer(call.url, run, standing)
      : createPendingAnswer(call.url, run, toStanding(standing).status)
  }
}

/**
 * Why the session is not the caller's to see; `undefined` when it is.
 * Security: one who may decide about its tool calls learns of nothing else in it, and all others not even that it is there.
 * @throws {AgentError} `not_found` where the app has no rule who may decide.
 */
async function findRefusal(call: Call, key: SessionKey): Promise<AgentError | undefined> {
  try {
    await call.sessions.requireSession(key, call.owner)
    return undefined
  } catch (error) {
    if (
      call.settings.mayDecide === undefined ||
      !(error instanceof AgentError && hasCode(error, 'not_found'))
    )
      throw error
    return error
  }
}

function createUnknownError({ session }: SessionKey, approvalId: string): AgentError {
  return new AgentError('not_found', `Session "${session}" has no approval with approvalId "${approvalId}".`)
}

async function requireOpen(
  { sessions }: Call,
  { key, events }: FoundRun,
  approval: ApprovalRequested,
): Promise<void> {
  const { approvalId, expiresAt } = approval
  const open = toOpenApprovals(await sessions.readStanding(key, events))
  if (open.some((one) => one.approvalId === approvalId)) return
  const isDecided = events.some(
    (event) => event.type === 'approval.decided' && event.data.approvalId === approvalId,
  )
  if (isDecided || !isExpired(approval, toTimestamp(Date.now()))) throw createDecidedError(approvalId)
  throw new AgentError('approval_already_decided', `Approval "${approvalId}" expired at ${expiresAt}.`)
}
