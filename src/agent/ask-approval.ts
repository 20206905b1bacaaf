import { z } from 'zod'
import { AgentError, type Issue, toIssueText } from '../core/errors.js'
import { type JsonObject, toJsonValue } from '../core/json.js'
import { toIssues } from '../core/zod-issues.js'
import type { ApprovalRequested } from '../run/events.js'
import type { AgentDefinition } from './agent-definition.js'
import { findMisfits } from './find-misfits.js'

/** What a human says about a tool call that waits. */
export interface ApprovalAnswer {
  readonly decision: 'approve' | 'reject'
  /** Told to the model when the call is rejected. */
  readonly reason?: string | undefined
  /** Used instead of the model's when the call is approved. They have to fit the tool. @default the model's */
  readonly arguments?: JsonObject | undefined
}

/** Asks a human about a tool call. */
export type ApprovalHandler = (approval: ApprovalRequested) => ApprovalAnswer | Promise<ApprovalAnswer>

const approvalAnswer = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
})

/**
 * What a human says about a call of an agent. An answer that decides nothing would be asked for again without end.
 * @throws {AgentError} `invalid_configuration` when nobody can be asked, or the answer is none.
 */
export async function askApproval(
  agent: Pick<AgentDefinition, 'tools'>,
  approval: ApprovalRequested,
  onApproval: ApprovalHandler = refuseToWait,
): Promise<ApprovalAnswer> {
  const { name } = approval
  const { data, error } = approvalAnswer.safeParse(await onApproval(approval))
  if (error !== undefined) throw createAnswerError(name, error.issues.flatMap(toIssues))
  if (data.arguments === undefined) return { decision: data.decision, reason: data.reason }
  if (data.decision === 'reject')
    throw createAnswerError(name, [{ path: 'arguments', message: 'make no sense with a rejection' }])
  // The same that a durable run would read from its log.
  const args = toJsonValue(data.arguments) as JsonObject
  const issues = await findMisfits(agent, approval, args)
  if (issues.length > 0) throw createAnswerError(name, issues)
  return { ...data, arguments: args }
}

function createAnswerError(tool: string, issues: readonly Issue[]): AgentError {
  return new AgentError(
    'invalid_configuration',
    `onApproval must give { decision: 'approve', arguments? } or { decision: 'reject', reason? }. What it gave for tool "${tool}" is neither: ${toIssueText(issues)}`,
    { issues },
  )
}

function refuseToWait({ name }: ApprovalRequested): never {
  throw new AgentError(
    'invalid_configuration',
    `Tool "${name}" waits for an approval. Pass onApproval to run, or serve the agent with AgentFunctionApp, whose sessions can wait.`,
  )
}
