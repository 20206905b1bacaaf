import { toTimestamp } from '../../../core/clock.js'
import { AgentError } from '../../../core/errors.js'
import { toAskingRun } from '../../../run/approval-id.js'
import type { Decision } from '../../../run/control.js'
import type { ApprovalRequested, StoredEvent } from '../../../run/events.js'
import { fold, toOpenApprovals } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import type { ApprovalResponse } from './response-body.js'
import type { ResponseKey } from './response-id.js'
import { countParts } from './response-parts.js'

/**
 * Decides tool calls that a run waits with; what follows is the next part of that run. Sending the same decisions again
 * finds the same part. @throws {AgentError} `not_found`, `invalid_request` or `approval_already_decided`, naming the field.
 */
export async function decideApprovals(
  call: Call,
  asked: ParsedResponseRequest,
  answers: readonly ApprovalResponse[],
): Promise<ResponseKey> {
  const key = toAskingKey(asked, answers)
  await call.sessions.requireSession(key, call.owner)
  const events = await call.sessions.readRun(key)
  const open = toOpenApprovals(fold(events))
  const decisions = answers.map((answer) => toDecision(answer, call.owner))
  const fresh = decisions.filter(
    (decision, index) => !isTaken(events, decision) && isToDecide(open, decision, index),
  )
  const taken = await call.sessions.decideAll(key, fresh)
  const lost = fresh.filter((_decision, index) => !taken[index])
  if (lost.length > 0) await checkFiled(call, key, lost)
  return { ...key, part: findPart(events, decisions) }
}

/** The run that asks: the one of the previous response, or the one that the approvals name. */
function toAskingKey(
  { agent, session, previous }: ParsedResponseRequest,
  answers: readonly ApprovalResponse[],
): RunKey {
  if (session === undefined) {
    throw createFieldError('previous_response_id', 'is required with mcp_approval_response, or conversation')
  }
  const ids = answers.map(({ approval_request_id: id }, index) =>
    parseId(`input.${index}.approval_request_id`, id, 200),
  )
  if (new Set(ids).size < ids.length) throw createFieldError('input', 'decides an approval twice')
  const runs = ids.map((id, index) =>
    parseCorrelationId(toAskingRun(id), `input.${index}.approval_request_id`),
  )
  const [run = ''] = runs
  const stray = runs.findIndex((one) => one !== (previous?.run ?? run))
  if (stray < 0) return { agent: agent.name, session, run }
  throw createFieldError(`input.${stray}.approval_request_id`, 'is of another response')
}

function toDecision(
  { approval_request_id, approve, reason }: ApprovalResponse,
  by: string | undefined,
): Decision {
  return {
    approvalId: approval_request_id,
    decision: approve ? 'approve' : 'reject',
    by,
    reason: reason ?? undefined,
  }
}

/** Whether the run has been told just that. @throws {AgentError} `approval_already_decided` when it was told otherwise. */
function isTaken(events: readonly StoredEvent[], { approvalId, decision }: Decision): boolean {
  const told = events.find((event) => isDecisionOn(event, approvalId))
  if (told?.type !== 'approval.decided') return false
  if (told.data.decision !== decision) throw createDecidedError(approvalId)
  return true
}

/** Passes when there is something to decide. @throws {AgentError} `not_found`, or `approval_already_decided` when it is too late. */
function isToDecide(open: readonly ApprovalRequested[], { approvalId }: Decision, index: number): boolean {
  const approval = open.find((one) => one.approvalId === approvalId)
  if (approval === undefined) {
    const path = `input.${index}.approval_request_id`
    throw new AgentError('not_found', `${path}: there is no approval "${approvalId}" to decide.`, {
      issues: [{ path, message: 'names no approval of this conversation that can be decided' }],
    })
  }
  const { expiresAt } = approval
  if (expiresAt === undefined || expiresAt > toTimestamp(Date.now())) return true
  throw new AgentError('approval_already_decided', `Approval "${approvalId}" expired at ${expiresAt}.`)
}

/** Passes when others have decided the same, of which the run has yet to learn. @throws {AgentError} `approval_already_decided` */
async function checkFiled({ log }: Call, key: RunKey, decisions: readonly Decision[]): Promise<void> {
  const filed = await log.controls(key)
  for (const { approvalId, decision } of decisions) {
    const isSame = filed.some(
      (record) =>
        record.type === 'decision' && record.approvalId === approvalId && record.decision === decision,
    )
    if (!isSame) throw createDecidedError(approvalId)
  }
}

/** The part that the decisions belong to: the first that is not over when the last of them is taken. */
function findPart(events: readonly StoredEvent[], decisions: readonly Decision[]): number {
  const ends = decisions.map(({ approvalId }) => events.findIndex((event) => isDecisionOn(event, approvalId)))
  return countParts(ends.includes(-1) ? events : events.slice(0, Math.max(...ends)))
}

function isDecisionOn(event: StoredEvent, approvalId: string): boolean {
  return event.type === 'approval.decided' && event.data.approvalId === approvalId
}

function createDecidedError(approvalId: string): AgentError {
  return new AgentError('approval_already_decided', `Approval "${approvalId}" has been decided already.`)
}
