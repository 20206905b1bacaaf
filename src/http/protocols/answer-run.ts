import { shareCheckLimit } from '../../core/caller-schema.js'
import { toAskingRun } from '../../run/approval-id.js'
import type { Decision } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { toOpenApprovals } from '../../run/waiting.js'
import { checkEditedArguments } from '../check-edited-arguments.js'
import { parseCorrelationId, parseId } from '../ids.js'
import { createFieldError } from '../request-errors.js'
import type { Call } from '../route.js'
import { findUnreported, type PlacedResult, reportResults } from '../take-results.js'
import { toAnswered } from './learned-answers.js'
import { isExpiredNow, takeDecisions } from './take-decisions.js'
import type { RunToTell } from './tell-run.js'

/** What a human has decided, and where in the request that stands. */
export interface PlacedDecision extends Omit<Decision, 'by'> {
  readonly path: string
  /** Where the arguments stand that are to be used instead of the model's. */
  readonly argumentsPath?: string
  /** Whether nothing is missing when it is too late for it. @default false */
  readonly isWaived?: boolean
}

/** What somebody answers a run. */
export interface RunAnswers {
  readonly decisions: readonly PlacedDecision[]
  readonly results: readonly PlacedResult[]
}

/** Whether nothing is answered. */
export function isNone({ decisions, results }: RunAnswers): boolean {
  return decisions.length + results.length === 0
}

/**
 * Takes what a run has asked for: a human's decisions, and what came of the tools that the caller carries out. Sending the
 * same again gives the same, and nothing is taken when a part of it cannot be. What is to be told is how the run goes on with it.
 * @throws {AgentError} `invalid_request`, `not_found`, `approval_already_decided` or `result_already_reported`, naming the field.
 */
export async function answerRun(
  call: Call,
  key: RunKey,
  { decisions: placed, results }: RunAnswers,
): Promise<Required<RunToTell>> {
  await call.sessions.requireSession(key, call.owner)
  const events = await call.sessions.readRun(key)
  const due = placed.filter((one) => !(one.isWaived && isPast(events, one)))
  await shareCheckLimit(() => checkEdits(call, key, due, events))
  const unreported = findUnreported(events, results)
  const decisions = due.map((one) => toDecision(one, call.owner))
  if (placed.length > 0)
    await takeDecisions(call, { key, events }, decisions, (index) => due[index]?.path ?? '')
  await reportResults(call, key, unreported)
  const answered = [...placed.map(({ approvalId }) => approvalId), ...results.map(({ callId }) => callId)]
  return { key, told: toTold(events, answered), answered }
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

/**
 * What whoever answers has been told for certain: the run up to where it first waited with all these questions, or to an
 * answer, which may come sooner.
 */
function toTold(events: readonly StoredEvent[], answered: readonly string[]): readonly StoredEvent[] {
  const asked = events.findLastIndex((event) => asks(event, answered))
  const since = events.slice(asked + 1)
  const parked = since.findIndex(waits)
  const heard = since.findIndex((event) => answered.includes(toAnswered(event) ?? ''))
  const isSooner = heard !== -1 && heard < parked
  return events.slice(0, asked + 1 + (isSooner ? heard : parked + 1))
}

function asks(event: StoredEvent, answered: readonly string[]): boolean {
  if (event.type === 'tool.pending') return answered.includes(event.data.callId)
  return event.type === 'approval.requested' && answered.includes(event.data.approvalId)
}

/** Whether a run waits from then on for what it has asked. */
function waits(event: StoredEvent): boolean {
  return event.type === 'run.parked' && (event.data.reason === 'approval' || event.data.reason === 'tool')
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

/** The run that decisions are about. @throws {AgentError} `invalid_request` naming the field. */
export function toDecidedRun(placed: readonly PlacedDecision[]): string {
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
