import { AgentError } from '../../core/errors.js'
import { findOpenRuns } from '../../run/find-runs.js'
import type { RunState } from '../../run/fold.js'
import type { RunKey, SessionKey } from '../../run/run-log.js'
import { hasOpenQuestions } from '../../run/waiting.js'
import type { Call } from '../route.js'

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
