import { toTimestamp } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { ApprovalRequested, StoredEvent } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import { fold, type RunState } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { hasOpenQuestions, isAnswer, isAsking, isExpired } from '../../run/waiting.js'
import type { Call } from '../route.js'

/** Whether a tool call that waits for a human goes on as rejected, because nobody decided in time. */
export function isExpiredNow(approval: ApprovalRequested): boolean {
  return isExpired(approval, toTimestamp(Date.now()))
}

/** Whether a run can go on: because it asks nobody, or has been given an answer of which its log does not know yet. */
async function isDecided(
  { log }: Pick<Call, 'log'>,
  key: RunKey,
  events: readonly StoredEvent[],
): Promise<boolean> {
  const state = fold(events)
  if (!hasOpenQuestions(state)) return true
  return (await log.controls(key)).some((record) => isAnswer(state, record))
}

/**
 * A run's events, once it has heard what somebody has answered it: until then its log says that it waits for that.
 * Waits only when there is something to hear, and no longer than the signal allows.
 */
async function readDecidedRun(
  call: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
): Promise<readonly StoredEvent[]> {
  const { sessions } = call
  const events = await sessions.readRun(key)
  if (!isAsking(fold(events)) || !(await isDecided(call, key, events))) return events
  for await (const later of sessions.follow(key, events.length - 1, signal)) if (later.length > 0) break
  return sessions.readRun(key)
}

/**
 * A run as it goes on, once it has heard what somebody has answered it: after `told`, or else from its beginning. What
 * there is already comes as one.
 */
export async function* followDecidedRun(
  call: Pick<Call, 'log' | 'sessions'>,
  key: RunKey,
  signal: AbortSignal,
  told: readonly StoredEvent[] = [],
): AsyncGenerator<readonly StoredEvent[]> {
  const events = told.length > 0 ? told : await readDecidedRun(call, key, signal)
  if (told.length === 0) yield events
  if (fold(events).outcome === undefined) yield* call.sessions.follow(key, events.length - 1, signal)
}

/**
 * The earlier run of a session that a new one would have to wait behind until somebody decides, or its caller reports; `undefined` when there is
 * none, or when the run is no new one. One that nobody has answered in time is told to go on.
 * @throws {AgentError} `not_found` when the session is somebody else's.
 */
export async function findAskingRun(
  call: Pick<Call, 'log' | 'sessions' | 'owner'>,
  key: RunKey,
): Promise<RunKey | undefined> {
  const { log, sessions, owner } = call
  const [first] = await findOpenRuns(log, key)
  if (first?.status !== 'parked') return undefined
  await sessions.requireSession(key, owner)
  if ((await sessions.readRun(key)).length > 0) return undefined
  const asking = { ...key, run: first.run }
  const standing = await sessions.readStanding(asking)
  return hasOpenQuestions(standing) ? asking : undefined
}

/** A run whose place another one takes. */
export interface ReplacedRun {
  readonly run: string
  /** Whether it goes on until it is stopped. Those of an inherited conversation have no log, and have ended. */
  readonly isOpen: boolean
}

/**
 * Refuses a message that would have to wait until an earlier one's tool calls are decided or carried out; what makes way for it is not
 * waited for. @throws {AgentError} `session_busy`; `not_found` when the session is somebody else's.
 */
export async function refuseToWait(
  call: Pick<Call, 'log' | 'sessions' | 'owner'>,
  key: RunKey,
  replaced?: ReplacedRun,
): Promise<void> {
  const asking = await findAskingRun(call, key)
  if (asking === undefined) return
  const makesWay = replaced !== undefined && (replaced.run === asking.run || !replaced.isOpen)
  if (!makesWay) throw createWaitError(asking)
}

/** Whether a run's answer is being made, or waits for somebody: it has not ended, and nobody has asked it to. */
export async function isGoingOn(
  { log }: Pick<Call, 'log'>,
  session: SessionKey,
  { run, isOpen }: ReplacedRun,
): Promise<boolean> {
  if (!isOpen) return false
  const wishes = await log.controls({ ...session, run })
  return !wishes.some(({ type }) => type === 'cancel')
}

/** Whether a run goes on until it is stopped. */
export function isOpenRun({ request, outcome }: RunState): boolean {
  return request !== undefined && outcome === undefined
}

/** Why a message is refused that would have to wait behind a run. */
export function createWaitError({ run, session }: RunKey): AgentError {
  const text = `Run "${run}" of session "${session}" waits for a tool call to be decided, or carried out by its caller: answer it first, or cancel the run.`
  return new AgentError('session_busy', text)
}
