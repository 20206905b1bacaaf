import { AgentError } from '../core/errors.js'
import type { Decision } from '../run/control.js'
import type { ApprovalRequested } from '../run/events.js'
import type { RunKey, SessionSummary } from '../run/run-log.js'
import { isOpenTo } from '../session/client/session-reader.js'
import type { DecisionQuestion } from './rights.js'
import type { Call } from './route.js'

/** What somebody is about to decide. */
export interface IntendedDecision extends Pick<Decision, 'decision' | 'arguments'> {
  readonly key: RunKey
  readonly approval: ApprovalRequested
}

/**
 * Passes when the caller may decide that. Who may speak in a session may, unless the app has a rule of its own.
 * Security: that is asked about the arguments which the tool would be called with, those of the caller if there are any.
 * @throws {AgentError} `refusal` when the rule says no, `forbidden` when somebody else has to agree.
 */
export async function requireRight(
  call: Call,
  intended: IntendedDecision,
  refusal: AgentError = createForbiddenError(intended.approval),
): Promise<void> {
  if (!(await isAllowed(call, intended))) throw refusal
  if (!mayBeNext(call, intended)) throw createForbiddenError(intended.approval)
}

async function isAllowed(call: Call, intended: IntendedDecision): Promise<boolean> {
  const rule = call.settings.mayDecide
  if (rule === undefined) return true
  const session = await call.log.session(intended.key)
  return session !== undefined && rule(toQuestion(call, session, intended), call.request)
}

/**
 * Whether the caller may be the next to decide. Where several people have to agree, each has to be another one.
 * Security: those who have not signed in cannot be told apart.
 */
function mayBeNext(
  { owner: caller }: Call,
  { decision, approval }: Pick<IntendedDecision, 'decision' | 'approval'>,
): boolean {
  const { approvers = 1, approvedBy = [] } = approval
  if (decision === 'reject' || approvers === 1) return true
  return caller !== undefined && !approvedBy.includes(caller)
}

/** Whether the caller may decide anything about a session's approvals, as far as that does not depend on what they ask. */
export function mayFindRights({ settings, owner }: Call, session: SessionSummary): boolean {
  return settings.mayDecide !== undefined || isOpenTo(session.owner, owner)
}

/** What the caller may decide about an approval of a session that need not be theirs. */
export async function findRights(
  call: Call,
  session: SessionSummary,
  asked: Pick<IntendedDecision, 'key' | 'approval'>,
): Promise<readonly Decision['decision'][]> {
  const both = ['approve', 'reject'] as const
  const possible = both.filter((decision) => mayBeNext(call, { ...asked, decision }))
  const rule = call.settings.mayDecide
  if (rule === undefined) return mayFindRights(call, session) ? possible : []
  const rights: Decision['decision'][] = []
  for (const decision of possible)
    if (await rule(toQuestion(call, session, { ...asked, decision }), call.request)) rights.push(decision)
  return rights
}

function toQuestion(
  { owner: caller }: Call,
  { owner }: SessionSummary,
  { key, approval: asked, decision, arguments: edited }: IntendedDecision,
): DecisionQuestion {
  const { agent, session: sessionId, run: correlationId } = key
  const approval = { ...asked, arguments: edited ?? asked.arguments }
  return { agent, sessionId, correlationId, owner, caller, approval, decision }
}

/** What a caller is told who may know of an approval and not decide about it. */
function createForbiddenError({ approvalId, approvers = 1 }: ApprovalRequested): AgentError {
  const several = approvers > 1 ? ` ${approvers} people who have signed in must agree, each once.` : ''
  return new AgentError('forbidden', `Approval "${approvalId}" is somebody else's to decide.${several}`)
}
