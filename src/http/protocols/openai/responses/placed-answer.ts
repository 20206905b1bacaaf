import { toAskingRun } from '../../../../run/approval-id.js'
import { parseCorrelationId, parseId } from '../../../ids.js'
import { parseCallId } from '../call-id.js'
import type { ApprovalResponse, CallOutput } from './response-body.js'

/** An item that answers what a response has asked for, and where in `input` it stands. */
export interface PlacedAnswer<Item = ApprovalResponse | CallOutput> {
  readonly index: number
  readonly item: Item
  /** Whether it stands ahead of something that this server has said, which may have come after it. */
  readonly isEarlier: boolean
}

/** The field that names what is answered. */
export function toAnswerPath({ index, item }: PlacedAnswer): string {
  return `input.${index}.${item.type === 'function_call_output' ? 'call_id' : 'approval_request_id'}`
}

/** What is answered. */
export function toAnswerId({ item }: PlacedAnswer): string {
  return item.type === 'function_call_output' ? item.call_id : item.approval_request_id
}

/** The run that is answered. @throws {AgentError} `invalid_request` naming the field. */
export function toAnsweredRun(placed: PlacedAnswer): string {
  const [path, id] = [toAnswerPath(placed), toAnswerId(placed)]
  if (placed.item.type === 'function_call_output') return parseCallId(path, id).run
  return toApprovedRun(path, id)
}

/** The run that an approval belongs to. @throws {AgentError} `invalid_request` naming the field. */
export function toApprovedRun(path: string, id: string): string {
  return parseCorrelationId(toAskingRun(parseId(path, id, 200)), path)
}
