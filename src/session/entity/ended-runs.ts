import { measureEnd } from '../../agent/telemetry/run-meter.js'
import { hasCode } from '../../core/errors.js'
import { toProblem } from '../../core/problem.js'
import { type StoredEvent, type TerminalEvent, toRunRequest } from '../../run/events.js'
import { fold, type RunState, type Steering } from '../../run/fold.js'
import { toRequestText } from '../../run/to-response.js'
import { isAsking } from '../../run/waiting.js'
import { endDelegatedRuns } from '../delegation/end-delegated-runs.js'
import { announceEnd } from '../replies/announce-end.js'
import { takeIn } from '../state/take-in.js'
import { chargeOwner } from './charge-owner.js'
import type { Operation, SessionOperation } from './operation.js'

/** Takes in the runs that have ended although their operation was cut off before it could be committed. */
export async function addEndedRuns(operation: SessionOperation): Promise<void> {
  const runs = await operation.log.runsAfter(operation.key, operation.state.own.turn)
  for (const { run, turn, status } of runs) if (status === 'ended') await addTurn(operation, run, turn)
}

/** Adds an ended run to the session, after everyone who waits for it has been told. */
export async function addTurn(operation: SessionOperation, run: string, turn: number): Promise<void> {
  const events = await operation.log.read({ ...operation.key, run })
  const ended = fold(events)
  await endJoinedRuns(operation, ended)
  await endHelpers(operation, run, ended)
  await announce(operation, run, ended)
  chargeOwner(operation, run, ended, events)
  await takeIn(operation, { run, turn, events, ended })
}

/** Before the turn is committed: whatever cut the run off, or ended it from outside, this is done. */
async function endHelpers(operation: Operation, run: string, ended: RunState): Promise<void> {
  const { agent, key, onError } = operation
  try {
    await endDelegatedRuns(agent, { ...key, run }, ended, operation)
  } catch (error) {
    if (hasCode(error, 'store_unavailable')) throw error
    onError(error, run)
  }
}

/** Before the turn is committed, so that a crash in between tells it twice and not never. */
async function announce(operation: Operation, run: string, { outcome, request }: RunState): Promise<void> {
  const { log, repliesTo, raiseEvent, tellWebhooks } = operation
  if (outcome === undefined) return
  const key = { ...operation.key, run }
  const told = run === repliesTo?.run ? repliesTo.orchestrationId : undefined
  await tellSurely(operation, run, async () => {
    await announceEnd(raiseEvent, log, key, { request, outcome, told })
    if (request !== undefined) await tellWebhooks?.(key, request)
  })
}

/** Tells webhooks of a run that stands still until somebody answers. */
export async function announceWaiting(operation: Operation, run: string, state: RunState): Promise<void> {
  const { key, tellWebhooks } = operation
  const { request } = state
  if (request === undefined || !isAsking(state)) return
  await tellSurely(operation, run, async () => tellWebhooks?.({ ...key, run }, request))
}

/** What cannot be told now is told by an operation to come. */
async function tellSurely(operation: Operation, run: string, tell: () => Promise<void>): Promise<void> {
  try {
    await tell()
  } catch (error) {
    signalRun(operation, run)
    throw error
  }
}

/** Whoever sent a message that joined this run waits for the same answer. */
async function endJoinedRuns(operation: Operation, state: RunState): Promise<void> {
  const { outcome, steering } = state
  if (outcome === undefined) return
  for (const joined of steering) await endRun(operation, joined.run, toOutcomeOf(joined, outcome))
}

type JoinedRun = Pick<Steering, 'run' | 'messages'>

/** An outcome as that of a run which joined: it names that run, and what its user sent. */
function toOutcomeOf({ run, messages }: JoinedRun, outcome: TerminalEvent): TerminalEvent {
  switch (outcome.type) {
    case 'run.completed':
      return {
        ...outcome,
        data: { ...outcome.data, correlationId: run, message: toRequestText(messages) },
      }
    case 'run.failed':
      return { ...outcome, data: { ...outcome.data, correlationId: run } }
    case 'run.cancelled':
      return outcome
  }
}

/** Ends a run that joined another one, once that has ended: it may have been cut off between the two. */
export async function adoptOutcome(operation: Operation, run: string, into: string): Promise<boolean> {
  const { log, key } = operation
  const { outcome, request } = fold(await log.read({ ...key, run: into }))
  const isForgotten = request === undefined
  if (outcome === undefined && !isForgotten) return false
  const { messages = [] } = toRunRequest(await log.read({ ...key, run })) ?? {}
  await endRun(operation, run, toOutcomeOf({ run, messages }, outcome ?? forgotten))
  return true
}

const forgotten: TerminalEvent = {
  type: 'run.cancelled',
  data: { reason: 'The conversation that it had become part of was cleared.', text: '' },
}

/** A run whose session cannot be read ends at once: whoever waits for it is told why. */
export async function failRun(operation: Operation, run: string, error: unknown): Promise<void> {
  const { key } = operation
  const problem = toProblem(error, { sessionId: key.session, correlationId: run })
  await endRun(operation, run, { type: 'run.failed', data: problem })
}

/** Tells again of a run that failed before it had a turn, as it may have been cut off before: no turn will ever tell. */
export async function announceFailed(
  operation: Operation,
  run: string,
  events: readonly StoredEvent[],
): Promise<void> {
  const state = fold(events)
  if (state.turn === 0 && state.joined === undefined) await announce(operation, run, state)
}

/** Ends a run from outside, unless it has ended or is unknown, and tells whoever waits for it. */
async function endRun(operation: Operation, run: string, outcome: TerminalEvent): Promise<void> {
  const { agent, log, key, clock } = operation
  const events = await log.read({ ...key, run })
  if (events.length === 0) return
  const state = fold(events)
  if (state.outcome === undefined) {
    await log.append({ ...key, run }, events.length, [outcome])
    measureEnd({ agent, acceptedAt: events[0]?.at, endedAt: clock.now() }, outcome)
  }
  await announce(operation, run, { ...state, outcome: state.outcome ?? outcome })
}

/** Sends the entity of a session to go on with a run, or to tell what came of it. */
export function signalRun({ context }: Operation, run: string): void {
  context.df.signalEntity(context.df.entityId, 'continue', { correlationId: run })
}
