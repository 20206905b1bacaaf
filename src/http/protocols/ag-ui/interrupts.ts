import { toApprovalWarnings } from '../../../core/approval-warnings.js'
import type { ApprovalRequested } from '../../../run/events.js'
import type { AguiInterrupt } from './agui-events.js'
import { toToolCallId } from './message-ids.js'

const responseSchema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, editedArgs: { type: 'object' }, reason: { type: 'string' } },
  required: ['approved'],
}

/** A run's question about a tool call, as clients put it to a human. */
export function toInterrupt(run: string, approval: ApprovalRequested): AguiInterrupt {
  const { approvalId: id, callId, name, arguments: args, reason, expiresAt, inner } = approval
  return {
    id,
    reason: 'tool_call',
    message: [`May the tool "${name}" be called?`, ...toApprovalWarnings(approval)].join(' '),
    toolCallId: toToolCallId(run, callId),
    responseSchema,
    expiresAt,
    metadata: { name, arguments: args, reason, ...(inner === undefined ? {} : { agent: inner.agent }) },
  }
}
