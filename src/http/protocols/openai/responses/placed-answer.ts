import { parseCallId } from '../call-id.js'
import { parseApprovalItemId } from './approval-item-id.js'
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

/** What is answered: a call, or an approval by its own id. @throws {AgentError} `invalid_request` naming the field. */
export function toAnswerId(placed: PlacedAnswer): string {
  const { item } = placed
  if (item.type === 'function_call_output') return item.call_id
  return parseApprovalItemId(toAnswerPath(placed), item.approval_request_id).approvalId
}

/** The run that is answered. @throws {AgentError} `invalid_request` naming the field. */
export function toAnsweredRun(placed: PlacedAnswer): string {
  const { item } = placed
  const path = toAnswerPath(placed)
  if (item.type === 'function_call_output') return parseCallId(path, item.call_id).run
  return parseApprovalItemId(path, item.approval_request_id).run
}
