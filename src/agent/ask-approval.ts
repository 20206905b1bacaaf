import { z } from 'zod'
import { AgentError } from '../core/errors.js'
import type { ApprovalRequested } from '../run/events.js'

/** What a human says about a tool call that waits. */
export interface ApprovalAnswer {
  readonly decision: 'approve' | 'reject'
  /** Told to the model when the call is rejected. */
  readonly reason?: string | undefined
}

/** Asks a human about a tool call. */
export type ApprovalHandler = (approval: ApprovalRequested) => ApprovalAnswer | Promise<ApprovalAnswer>

const approvalAnswer = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().optional(),
})

/**
 * What a human says about a call. An answer that decides nothing would be asked for again without end.
 * @throws {AgentError} `invalid_configuration` when nobody can be asked, or the answer is none.
 */
export async function askApproval(
  approval: ApprovalRequested,
  onApproval: ApprovalHandler = refuseToWait,
): Promise<ApprovalAnswer> {
  const { data, error } = approvalAnswer.safeParse(await onApproval(approval))
  if (data !== undefined) return data
  throw new AgentError(
    'invalid_configuration',
    `onApproval must give { decision: 'approve' } or { decision: 'reject', reason }. What it gave for tool "${approval.name}" is neither.`,
    { cause: error },
  )
}

function refuseToWait({ name }: ApprovalRequested): never {
  throw new AgentError(
    'invalid_configuration',
    `Tool "${name}" waits for an approval. Pass onApproval to run, or serve the agent with AgentFunctionApp, whose sessions can wait.`,
  )
}
