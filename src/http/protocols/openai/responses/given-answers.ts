import { fold } from '../../../../run/fold.js'
import type { RunKey } from '../../../../run/run-log.js'
import { toOpenApprovals, toOpenCalls } from '../../../../run/waiting.js'
import { createFieldError } from '../../../request-errors.js'
import type { Call } from '../../../route.js'
import type { PlacedResult } from '../../../take-results.js'
import type { PlacedDecision, RunAnswers } from '../../answer-run.js'
import { toJoinedText } from '../../to-joined-text.js'
import { isSameRun, parseCallId, toCallId } from '../call-id.js'
import { parseApprovalItemId } from './approval-item-id.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import { type PlacedAnswer, toAnswerId, toAnswerPath } from './placed-answer.js'
import type { ApprovalResponse, CallOutput } from './response-body.js'

/** A run, and what a request answers it. */
export interface GivenAnswers {
  readonly key: RunKey
  readonly placed: readonly PlacedAnswer[]
}

/**
 * Reads which run a request answers: the one that its conversation has to end with, or the one that the answers name.
 * @throws {AgentError} `invalid_request` naming the field.
 */
export function toGivenAnswers(asked: ParsedResponseRequest, placed: readonly PlacedAnswer[]): GivenAnswers {
  return { key: toAskingKey(asked, placed), placed }
}

/**
 * Reads what a run is answered. Of what stands ahead of the server's own words only that counts which the run waits for
 * still: the rest is history.
 */
export async function readAnswers({ sessions }: Call, { key, placed }: GivenAnswers): Promise<RunAnswers> {
  if (!placed.some(({ isEarlier }) => isEarlier)) return toRunAnswers(placed)
  const state = fold(await sessions.readRun(key))
  const open = [
    ...toOpenApprovals(state).map(({ approvalId }) => approvalId),
    ...toOpenCalls(state).map(({ callId }) => toCallId({ ...key, callId })),
  ]
  return toRunAnswers(placed.filter((one) => !one.isEarlier || open.includes(toAnswerId(one))))
}

function toAskingKey(
  { agent, conversation }: ParsedResponseRequest,
  placed: readonly PlacedAnswer[],
): RunKey {
  const [first] = placed
  if (conversation === undefined) {
    throw createFieldError('previous_response_id', `is required with ${first?.item.type}, or conversation`)
  }
  const ids = placed.map(toAnswerId)
  const twice = placed.find((_one, index) => ids.indexOf(ids[index] ?? '') < index)
  if (twice !== undefined) throw createFieldError(toAnswerPath(twice), 'is answered twice')
  const { session, lastRun } = conversation
  const keys = placed.map((one) => toNamedKey({ agent: agent.name, session }, one))
  const asking = { agent: agent.name, session, run: lastRun ?? keys[0]?.run ?? '' }
  const stray = keys.findIndex((key) => !isSameRun(key, asking))
  const strayed = placed[stray]
  if (strayed !== undefined) throw createFieldError(toAnswerPath(strayed), 'is of another response')
  return asking
}

/** The run that an answer names; an approval's own id leaves it to the conversation whose run that is. */
function toNamedKey(conversation: Omit<RunKey, 'run'>, placed: PlacedAnswer): RunKey {
  const { item } = placed
  const path = toAnswerPath(placed)
  if (item.type === 'function_call_output') return parseCallId(path, item.call_id)
  const { key, run } = parseApprovalItemId(path, item.approval_request_id)
  return key ?? { ...conversation, run }
}

function toRunAnswers(placed: readonly PlacedAnswer[]): RunAnswers {
  const decisions: PlacedDecision[] = []
  const results: PlacedResult[] = []
  for (const one of placed) {
    const path = toAnswerPath(one)
    if (one.item.type === 'function_call_output') results.push(toResult(path, one.item))
    else decisions.push(toDecision(path, one.item))
  }
  return { decisions, results }
}

function toResult(path: string, { call_id, output }: CallOutput): PlacedResult {
  const { callId } = parseCallId(path, call_id)
  return { path, callId, outcome: { result: toJoinedText(output) } }
}

function toDecision(
  path: string,
  { approval_request_id, approve, reason }: ApprovalResponse,
): PlacedDecision {
  const { approvalId } = parseApprovalItemId(path, approval_request_id)
  const decision = approve ? 'approve' : 'reject'
  return { path, approvalId, decision, reason: reason ?? undefined }
}
