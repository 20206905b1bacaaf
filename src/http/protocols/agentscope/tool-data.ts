import { toJsonText } from '../../../core/json.js'
import type { FunctionCallContent } from '../../../core/messages.js'
import type { ApprovalRequested, ToolCompleted } from '../../../run/events.js'
import type { Payload } from './agentscope-events.js'

/** A tool call, in the fields of AgentScope's `FunctionCall`. */
export function toCallData({ callId, name, arguments: args }: FunctionCallContent): Payload {
  return { type: 'data', data: { call_id: callId, name, arguments: toJsonText(args) } }
}

/** What came of a tool call, in the fields of AgentScope's `FunctionCallOutput`; `output` is JSON, `{ error }` when the tool failed. */
export function toOutputData(name: string, { callId, result, error }: ToolCompleted): Payload {
  const output = JSON.stringify(error === undefined ? (result ?? null) : { error })
  return { type: 'data', data: { call_id: callId, name, output } }
}

/** A question to a human, in the fields of AgentScope's `McpApprovalRequest`; the label is the agent whose tool it is. */
export function toApprovalData(agent: string, approval: ApprovalRequested): Payload {
  const { approvalId, name, arguments: args, inner } = approval
  const data = { id: approvalId, arguments: toJsonText(args), name, server_label: inner?.agent ?? agent }
  return { type: 'data', data }
}
