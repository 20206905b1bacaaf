import { AgentError } from '../core/errors.js'
import type { Decision } from '../run/control.js'
import type { ApprovalRequested } from '../run/events.js'
import type { RunKey } from '../run/run-log.js'
import type { Call } from './route.js'

/** What somebody is about to decide. */
export interface IntendedDecision extends Pick<Decision, 'decision' | 'arguments'> {
  readonly key: RunKey
  readonly approval: ApprovalRequested
}

/**
 * Whether the caller may decide that. Who may speak in a session may, unless the app has a rule of its own.
 * Security: that is asked about the arguments which the tool would be called with, those of the caller if there are any.
 */
export async function mayDecide(
  call: Call,
  { key, approval: asked, decision, arguments: edited }: IntendedDecision,
): Promise<boolean> {
  const rule = call.settings.mayDecide
  if (rule === undefined) return true
  const session = await call.log.session(key)
  if (session === undefined) return false
  const { agent, session: sessionId, run: correlationId } = key
  const question = { agent, sessionId, correlationId, owner: session.owner, caller: call.owner }
  const approval = { ...asked, arguments: edited ?? asked.arguments }
  return rule({ ...question, approval, decision }, call.request)
}

/** What a caller is told who may know of an approval and not decide about it. */
export function createForbiddenError({ approvalId }: Pick<ApprovalRequested, 'approvalId'>): AgentError {
  return new AgentError('forbidden', `Approval "${approvalId}" is somebody else's to decide.`)
}
