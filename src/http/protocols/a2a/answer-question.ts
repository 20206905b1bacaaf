import { z } from 'zod'
import { isJsonObject, type JsonObject } from '../../../core/json.js'
import { longestReason } from '../../../core/longest-reason.js'
import type { Decision } from '../../../run/control.js'
import { isTerminal, type StoredEvent } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import { findApprovalRequest, toOpenApprovals } from '../../../run/waiting.js'
import { checkEditedArguments } from '../../check-edited-arguments.js'
import { jsonObject } from '../../json-shapes.js'
import { parseShape } from '../../parse-shape.js'
import { createFieldError } from '../../request-errors.js'
import { hasLearned } from '../learned-answers.js'
import { takeDecisions } from '../take-decisions.js'
import { A2aError } from './a2a-errors.js'
import type { IsOldQuestion } from './follow-task.js'
import type { SentMessage } from './parse-send.js'
import type { RpcCall } from './rpc-call.js'
import type { FoundTask } from './task-access.js'
import { toTaskId } from './task-id.js'

/** What a human has decided about a tool call, as data of a message. */
const decisionData = z.looseObject({
  approvalId: z.string(),
  approved: z.boolean(),
  reason: z.string().max(longestReason).nullish(),
  arguments: jsonObject.nullish(),
})

/**
 * Takes a message to a task as the answer to what it asks, and says which questions it has answered. Sending it again
 * answers nothing anew.
 * @throws {AgentError} `invalid_request`, `not_found`, `approval_already_decided`; {@link A2aError} `UNSUPPORTED_OPERATION` when the task asks nothing.
 */
export async function answerQuestion(
  rpc: RpcCall,
  found: FoundTask,
  message: SentMessage,
): Promise<IsOldQuestion> {
  const decisions = hasDecision(message)
    ? await readDecisions(rpc, found, message)
    : [await readVerdict(rpc, found, message)]
  await takeDecisions(rpc.call, found, decisions, () => 'message.parts')
  const answered = decisions.map(({ approvalId }) => approvalId)
  return (events) => !hasLearned(events, answered)
}

function hasDecision({ parts }: SentMessage): boolean {
  return parts.some((part) => part.type === 'data' && isJsonObject(part.data) && 'approvalId' in part.data)
}

async function readDecisions(
  { agent, call }: RpcCall,
  { key, events }: FoundTask,
  { parts, messageId }: SentMessage,
): Promise<readonly Decision[]> {
  const words = toWords(parts)
  if (words.length > longestReason)
    throw createFieldError('message.parts', `gives a reason of more than ${longestReason} characters`)
  const decisions: Decision[] = []
  for (const [index, part] of parts.entries()) {
    if (part.type === 'text') continue
    const { approvalId, approved, reason, arguments: args } = parseDecision(part, `message.parts.${index}`)
    const edited = toEdited(args, approved, `message.parts.${index}.data.arguments`)
    const asked = findApprovalRequest(events, approvalId)?.approval
    if (edited !== undefined && asked !== undefined) await checkEditedArguments(agent, asked, edited)
    const decision = approved ? ('approve' as const) : ('reject' as const)
    const told = reason ?? (words === '' ? undefined : words)
    decisions.push({ approvalId, decision, by: call.owner, reason: told, arguments: edited, messageId })
  }
  if (new Set(decisions.map(({ approvalId }) => approvalId)).size < decisions.length)
    throw createFieldError('message.parts', 'decides an approval twice')
  if (decisions.some(({ approvalId }) => findApprovalRequest(events, approvalId) === undefined))
    throw createFieldError('message.parts', `decides what task "${toTaskId(key)}" does not ask`)
  return decisions
}

function parseDecision(part: SentMessage['parts'][number], path: string): z.infer<typeof decisionData> {
  if (part.type !== 'data') throw createFieldError(path, 'must be text or data: it answers a question')
  return parseShape(decisionData, part.data, [path, 'data'])
}

function toEdited(args: JsonObject | null | undefined, approved: boolean, path: string) {
  if (args === null || args === undefined) return undefined
  if (!approved) throw createFieldError(path, 'make no sense with a rejection')
  return args
}

/**
 * A plain yes or no decides when one thing is asked. The message's id is kept with the decision: one that comes again must
 * not answer what is asked by then.
 */
async function readVerdict(
  { call }: RpcCall,
  { key, events }: FoundTask,
  { parts, messageId }: SentMessage,
): Promise<Decision> {
  const decision = toVerdict(toWords(parts))
  const filed = (await call.log.controls(key)).find(
    (record) => record.type === 'decision' && record.messageId === messageId,
  )
  const open = toOpenApprovals(fold(events))
  if (filed === undefined && open.length === 0) throw createNoQuestionError(key, events)
  if (decision === undefined)
    throw createFieldError('message.parts', 'must be yes or no, or data with approvalId and approved')
  const [only, another] = open
  const approvalId = filed?.type === 'decision' ? filed.approvalId : only?.approvalId
  if (approvalId === undefined || (filed === undefined && another !== undefined))
    throw createFieldError(
      'message.parts',
      'must name what it decides by approvalId, as several things are asked',
    )
  return { approvalId, decision, by: call.owner, messageId }
}

function toWords(parts: SentMessage['parts']): string {
  const texts = parts.map((part) => (part.type === 'text' ? part.text.trim() : ''))
  return texts.filter((text) => text !== '').join('\n')
}

const verdicts: Readonly<Record<string, Decision['decision']>> = {
  yes: 'approve',
  approve: 'approve',
  approved: 'approve',
  no: 'reject',
  reject: 'reject',
  rejected: 'reject',
}

/** Nothing but these words: a "yes, but …" is no yes. */
function toVerdict(words: string): Decision['decision'] | undefined {
  const word = words.toLowerCase().replace(/[.!]$/, '')
  return Object.hasOwn(verdicts, word) ? verdicts[word] : undefined
}

function createNoQuestionError(key: FoundTask['key'], events: readonly StoredEvent[]): A2aError {
  const state = events.some(isTerminal) ? 'has ended' : 'is being worked on'
  return new A2aError(
    'UNSUPPORTED_OPERATION',
    'invalid_request',
    `message.taskId: task "${toTaskId(key)}" ${state} and asks nothing. Send the message without taskId, in the context "${key.session}".`,
  )
}
