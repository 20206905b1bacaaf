import { toAskingRun } from '../../../run/approval-id.js'
import type { Decision } from '../../../run/control.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { readDecided, takeDecisions, toUndecided } from '../take-decisions.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import { requireConversation } from './require-conversation.js'
import type { ApprovalResponse } from './response-body.js'
import type { ResponseKey } from './response-id.js'
import { countParts } from './response-parts.js'

/**
 * Decides tool calls that a run waits with; what follows is the next part of that run, and before it what came after the
 * response that the client names as its last: an answer may have got lost. Sending the same decisions again finds the same. @throws {AgentError} `not_found`, `invalid_request` or `approval_already_decided`, naming the field.
 */
export async function decideApprovals(
  call: Call,
  asked: ParsedResponseRequest,
  answers: readonly ApprovalResponse[],
): Promise<ResponseKey> {
  const key = toAskingKey(asked, answers)
  await requireConversation(call, asked, key)
  const decisions = answers.map((answer) => toDecision(answer, call.owner))
  await takeDecisions(call, { key, events: await call.sessions.readRun(key) }, decisions, toPath)
  const events = await readDecided(call, key, decisions)
  // The part that a decision belongs to is the first that is not over when it is taken.
  const parts = decisions.map((decision) => countParts(toUndecided(events, [decision])))
  const unseen = asked.previous === undefined ? [] : [asked.previous.part + 1]
  return { ...key, first: Math.min(...parts, ...unseen), part: Math.max(...parts) }
}

/** The run that asks: the one of the previous response, or the one that the approvals name. */
function toAskingKey(
  { agent, session, previous }: ParsedResponseRequest,
  answers: readonly ApprovalResponse[],
): RunKey {
  if (session === undefined) {
    throw createFieldError('previous_response_id', 'is required with mcp_approval_response, or conversation')
  }
  const ids = answers.map(({ approval_request_id: id }, index) => parseId(toPath(index), id, 200))
  if (new Set(ids).size < ids.length) throw createFieldError('input', 'decides an approval twice')
  const runs = ids.map((id, index) => parseCorrelationId(toAskingRun(id), toPath(index)))
  const [run = ''] = runs
  const stray = runs.findIndex((one) => one !== (previous?.run ?? run))
  if (stray < 0) return { agent: agent.name, session, run }
  throw createFieldError(toPath(stray), 'is of another response')
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

function toPath(index: number): string {
  return `input.${index}.approval_request_id`
}
