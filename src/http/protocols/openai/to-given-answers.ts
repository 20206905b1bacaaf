import { toAskingRun } from '../../../run/approval-id.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { PlacedResult } from '../../take-results.js'
import type { PlacedDecision, RunAnswers } from '../decide-run.js'
import { parseCallId } from './call-id.js'
import type { ParsedResponseRequest } from './parse-response-request.js'
import type { ApprovalResponse, CallOutput } from './response-body.js'
import type { PlacedAnswer } from './response-input.js'

/** A run, and what a request answers it. */
export interface GivenAnswers {
  readonly key: RunKey
  readonly answers: RunAnswers
}

/**
 * Reads which run a request answers, and what: the one of the previous response, or the one that the answers name.
 * @throws {AgentError} `invalid_request` naming the field.
 */
export function toGivenAnswers(asked: ParsedResponseRequest, placed: readonly PlacedAnswer[]): GivenAnswers {
  return { key: toAskingKey(asked, placed), answers: toRunAnswers(placed) }
}

function toAskingKey(
  { agent, session, previous }: ParsedResponseRequest,
  placed: readonly PlacedAnswer[],
): RunKey {
  const [first] = placed
  if (session === undefined) {
    throw createFieldError('previous_response_id', `is required with ${first?.item.type}, or conversation`)
  }
  const ids = placed.map(({ item }) => toId(item))
  const twice = placed.find((_one, index) => ids.indexOf(ids[index] ?? '') < index)
  if (twice !== undefined) throw createFieldError(toPath(twice), 'is answered twice')
  const keys = placed.map((one) => toNamedKey({ agent: agent.name, session }, one))
  const run = previous?.run ?? keys[0]?.run ?? ''
  const stray = keys.findIndex(
    (key) => key.agent !== agent.name || key.session !== session || key.run !== run,
  )
  const strayed = placed[stray]
  if (strayed !== undefined) throw createFieldError(toPath(strayed), 'is of another response')
  return { agent: agent.name, session, run }
}

/** The run that an answer names; an approval's id leaves it to the conversation whose run that is. */
function toNamedKey(conversation: Omit<RunKey, 'run'>, placed: PlacedAnswer): RunKey {
  const path = toPath(placed)
  const { item } = placed
  if (item.type === 'function_call_output') return parseCallId(path, item.call_id)
  const id = parseId(path, item.approval_request_id, 200)
  return { ...conversation, run: parseCorrelationId(toAskingRun(id), path) }
}

function toRunAnswers(placed: readonly PlacedAnswer[]): RunAnswers {
  const decisions: PlacedDecision[] = []
  const results: PlacedResult[] = []
  for (const one of placed) {
    const path = toPath(one)
    if (one.item.type === 'function_call_output') results.push(toResult(path, one.item))
    else decisions.push(toDecision(path, one.item))
  }
  return { decisions, results }
}

function toResult(path: string, { call_id, output }: CallOutput): PlacedResult {
  const { callId } = parseCallId(path, call_id)
  const result = typeof output === 'string' ? output : output.map(({ text }) => text).join('')
  return { path, callId, outcome: { result } }
}

function toDecision(
  path: string,
  { approval_request_id, approve, reason }: ApprovalResponse,
): PlacedDecision {
  const decision = approve ? 'approve' : 'reject'
  return { path, approvalId: approval_request_id, decision, reason: reason ?? undefined }
}

function toPath({ index, item }: PlacedAnswer): string {
  return `input.${index}.${item.type === 'function_call_output' ? 'call_id' : 'approval_request_id'}`
}

function toId(item: PlacedAnswer['item']): string {
  return item.type === 'function_call_output' ? item.call_id : item.approval_request_id
}
