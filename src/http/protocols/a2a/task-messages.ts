import { toApprovalWarnings } from '../../../core/approval-warnings.js'
import { toJsonText } from '../../../core/json.js'
import type { ChatMessage, Content } from '../../../core/messages.js'
import type { Decision } from '../../../run/control.js'
import type { ApprovalRequested } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Message, Part } from './a2a-wire.js'
import { toTaskId } from './task-id.js'

/** Something that the agent says about its task; `id` tells it from what it says else. */
export function toAgentMessage(key: RunKey, id: number, parts: readonly Part[]): Message {
  return toMessage(key, `${key.run}.${id}`, 'ROLE_AGENT', parts)
}

/** What the user has said in a run: the first message has the run's own name, which was its id when it came. */
export function toUserMessages(key: RunKey, messages: readonly ChatMessage[]): readonly Message[] {
  return messages.map(({ contents }, index) =>
    toMessage(key, index === 0 ? key.run : `${key.run}.u${index}`, 'ROLE_USER', contents.flatMap(toParts)),
  )
}

/** What a human has decided. */
export function toDecisionMessage(key: RunKey, id: number, decision: Decision): Message {
  const { approvalId, decision: verdict, reason, messageId } = decision
  const data = { approvalId, approved: verdict === 'approve', reason }
  return toMessage(key, messageId ?? `${key.run}.${id}`, 'ROLE_USER', [{ data }])
}

function toMessage(key: RunKey, messageId: string, role: Message['role'], parts: readonly Part[]): Message {
  return { messageId, contextId: key.session, taskId: toTaskId(key), role, parts }
}

/** What a human is asked: in words, then each tool call as data. */
export function toQuestionParts(approvals: readonly ApprovalRequested[]): readonly Part[] {
  return [{ text: approvals.map(toQuestion).join('\n') }, ...approvals.map(toQuestionData)]
}

function toQuestion(approval: ApprovalRequested): string {
  const question = `May the agent call ${approval.name} with ${toJsonText(approval.arguments)}?`
  return [question, ...toApprovalWarnings(approval), 'Answer yes or no.'].join(' ')
}

function toQuestionData({
  approvalId,
  name,
  arguments: args,
  reason,
  expiresAt,
  inner,
}: ApprovalRequested): Part {
  return { data: { approvalId, name, arguments: args, reason, expiresAt, agent: inner?.agent } }
}

function toParts(content: Content): readonly Part[] {
  switch (content.type) {
    case 'text':
      return [{ text: content.text }]
    case 'uri':
      return [{ url: content.uri, mediaType: content.mediaType }]
    case 'data':
      return [toFilePart(content.uri, content.mediaType)]
    default:
      return []
  }
}

/** A file by its URI; what is inside of a data URI as it is. */
export function toFilePart(uri: string, mediaType: string | undefined): Part {
  const [, type, raw] = /^data:([^;,]*);base64,(.*)$/is.exec(uri) ?? []
  if (raw === undefined) return { url: uri, mediaType }
  return { raw, mediaType: mediaType ?? (type || undefined) }
}
