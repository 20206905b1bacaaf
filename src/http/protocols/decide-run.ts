import { toAskingRun } from '../../run/approval-id.js'
import type { Decision } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import { fold, toOpenApprovals } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { checkEditedArguments } from '../check-edited-arguments.js'
import { parseCorrelationId, parseId } from '../ids.js'
import { createFieldError } from '../request-errors.js'
import type { Call } from '../route.js'
import { takeDecisions } from './take-decisions.js'
import { isExpiredNow, isParked } from './waiting-runs.js'

/** What a human has decided, and where in the request that stands. */
export interface PlacedDecision extends Omit<Decision, 'by'> {
  readonly path: string
  /** Where the arguments stand that are to be used instead of the model's. */
  readonly argumentsPath?: string
  /** Whether nothing is missing when it is too late for it. @default false */
  readonly isWaived?: boolean
}

/** A run that goes on with what was decided, and its events that were told before. */
export interface DecidedRun {
  readonly key: RunKey
  readonly told: readonly StoredEvent[]
  /** The approvals that were decided. */
  readonly decided: readonly string[]
}

/**
 * Takes a human's decisions about one run of a session. Sending the same ones again gives the same.
 * @throws {AgentError} `invalid_request`, `not_found` or `approval_already_decided`, naming the field.
 */
export async function decideRun(
  call: Call,
  session: SessionKey,
  placed: readonly PlacedDecision[],
): Promise<DecidedRun> {
  const key = { ...session, run: toRun(placed) }
  await call.sessions.requireSession(session, call.owner)
  const events = await call.sessions.readRun(key)
  const due = placed.filter((one) => !(one.isWaived && isPast(events, one)))
  await checkEdits(call, session, due, events)
  const decisions = due.map((one) => toDecision(one, call.owner))
  await takeDecisions(call, { key, events }, decisions, (index) => due[index]?.path ?? '')
  const decided = placed.map(({ approvalId }) => approvalId)
  return { key, told: toTold(events, decided), decided }
}

/** Of the decisions that a conversation shows, those that a run still waits for: the others are history. @throws {AgentError} `invalid_request` naming the field. */
export async function leaveOutPast(
  { sessions }: Call,
  session: SessionKey,
  placed: readonly PlacedDecision[],
): Promise<readonly PlacedDecision[]> {
  if (placed.length === 0) return []
  const open = toOpenApprovals(fold(await sessions.readRun({ ...session, run: toRun(placed) })))
  const isOpen = ({ approvalId }: PlacedDecision) => open.some((one) => one.approvalId === approvalId)
  return placed.filter(isOpen).map((one) => ({ ...one, isWaived: true }))
}

function toDecision(
  { approvalId, decision, reason, arguments: args }: PlacedDecision,
  by: string | undefined,
): Decision {
  return { approvalId, decision, by, reason, arguments: args }
}

/** Whether something was asked that nobody can answer any more. */
function isPast(events: readonly StoredEvent[], { approvalId }: PlacedDecision): boolean {
  if (!events.some((event) => asks(event, [approvalId]))) return false
  const open = toOpenApprovals(fold(events)).find((one) => one.approvalId === approvalId)
  return open === undefined || isExpiredNow(open)
}

/** What whoever decides has been told for certain: the run up to where it first waited with all these questions. */
function toTold(events: readonly StoredEvent[], approvalIds: readonly string[]): readonly StoredEvent[] {
  const asked = events.findLastIndex((event) => asks(event, approvalIds))
  const parked = events.findIndex((event, index) => index > asked && isParked(event))
  return events.slice(0, Math.max(asked, parked) + 1)
}

function asks(event: StoredEvent, approvalIds: readonly string[]): boolean {
  return event.type === 'approval.requested' && approvalIds.includes(event.data.approvalId)
}

async function checkEdits(
  { agents }: Call,
  session: SessionKey,
  placed: readonly PlacedDecision[],
  events: readonly StoredEvent[],
): Promise<void> {
  const agent = agents.find(({ name }) => name === session.agent)
  const open = toOpenApprovals(fold(events))
  for (const { approvalId, arguments: args, argumentsPath = '' } of placed) {
    const approval = open.find((one) => one.approvalId === approvalId)
    if (args === undefined || approval === undefined || agent === undefined) continue
    await checkEditedArguments(agent, approval, args, argumentsPath)
  }
}

function toRun(placed: readonly PlacedDecision[]): string {
  const runs = placed.map(({ approvalId, path }) =>
    parseCorrelationId(toAskingRun(parseId(path, approvalId, 200)), path),
  )
  const [run = ''] = runs
  const stray = runs.findIndex((one) => one !== run)
  if (stray !== -1) throw createFieldError(placed[stray]?.path ?? '', 'is of another run than the others')
  const ids = placed.map(({ approvalId }) => approvalId)
  const twice = ids.findIndex((id, index) => ids.indexOf(id) < index)
  if (twice !== -1) throw createFieldError(placed[twice]?.path ?? '', 'is decided twice')
  return run
}
