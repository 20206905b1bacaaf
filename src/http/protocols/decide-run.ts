import { toTimestamp } from '../../core/clock.js'
import { toAskingRun } from '../../run/approval-id.js'
import type { Decision } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import { fold, toOpenApprovals } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { checkEditedArguments } from '../check-edited-arguments.js'
import { parseCorrelationId, parseId } from '../ids.js'
import { createFieldError } from '../request-errors.js'
import type { Call } from '../route.js'
import { takeDecisions, toUndecided } from './take-decisions.js'

/** What a human has decided, and where in the request that stands. */
export interface PlacedDecision extends Omit<Decision, 'by'> {
  readonly path: string
  /** Where the arguments stand that are to be used instead of the model's. */
  readonly argumentsPath?: string
  /** A rejection of somebody who would not answer: when it is too late to answer, nothing is missing. */
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
  await checkEdits(call, session, placed, events)
  const due = placed.filter((one) => !(one.isWaived && isExpired(events, one)))
  const toDue = (one: PlacedDecision) => toDecision(one, call.owner)
  await takeDecisions(call, { key, events }, due.map(toDue), (index) => due[index]?.path ?? '')
  const decided = placed.map(({ approvalId }) => approvalId)
  return { key, told: toUndecided(events, placed.map(toDue)), decided }
}

function toDecision(
  { approvalId, decision, reason, arguments: args }: PlacedDecision,
  by: string | undefined,
): Decision {
  return { approvalId, decision, by, reason, arguments: args }
}

/** Whether a call that still waits will go on as rejected: nobody answered in time. */
function isExpired(events: readonly StoredEvent[], { approvalId }: PlacedDecision): boolean {
  const open = toOpenApprovals(fold(events)).find((one) => one.approvalId === approvalId)
  return open?.expiresAt !== undefined && open.expiresAt <= toTimestamp(Date.now())
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
