import { randomUUID } from 'node:crypto'
import type { AgentDefinition } from '../../agent/agent-definition.js'
import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import type { RunLog, SessionKey } from '../../run/run-log.js'
import { deleteRuns } from '../entity/delete-runs.js'
import type { SessionEntities } from './session-entities.js'

/** What sessions are cleared in. */
export interface Clearing {
  readonly entities: SessionEntities
  readonly log: RunLog
  /** The agents of the app; what providers make for runs that are deleted is cancelled. */
  readonly agents: readonly AgentDefinition[]
  readonly clock: Clock
}

/** Clears a history, and waits until that is done, or the session is deleted. @throws {AgentError} `session_busy` when it is not done within `limitMs`. */
export async function resetSession(clearing: Clearing, key: SessionKey, limitMs: number): Promise<void> {
  const before = clearing.clock.now()
  await clearing.entities.signal(key, 'reset', { id: randomUUID(), before })
  await waitUntil(() => isReset(clearing, key, before), clearing, limitMs)
}

/** Whether the history has been cleared since, by whomever, or deleted. */
async function isReset({ entities, log }: Clearing, key: SessionKey, since: number): Promise<boolean> {
  const state = await entities.readState(key)
  if (state === undefined) return (await log.session(key)) === undefined
  return (state.own.resetBefore ?? 0) >= since
}

/**
 * Deletes a session with its runs and their logs, and waits until that is done; a session of its name may have been begun
 * by then. A run in progress is cut off. @throws {AgentError} `session_busy` when it is not done within `limitMs`.
 */
export async function deleteSession(clearing: Clearing, key: SessionKey, limitMs: number): Promise<void> {
  const { entities, log, agents, clock } = clearing
  const before = await findEnd(clearing, key)
  await entities.signal(key, 'delete', { before })
  const agent = agents.find(({ name }) => name === key.agent)
  await deleteRuns(key, { log, agent, before, raiseEvent: entities.raiseEvent, clock })
  await waitUntil(() => isDeleted(clearing, key, before), clearing, limitMs)
}

/** A time after all that there is of a session, also where the clock that gave it its times was ahead of this one. */
async function findEnd({ log, clock }: Clearing, key: SessionKey): Promise<number> {
  const { updatedAt = 0 } = (await log.session(key)) ?? {}
  return Math.max(clock.now(), updatedAt) + 1
}

/** Whether there is no session any more, or another one of its name that was begun since. */
async function isDeleted({ entities, log }: Clearing, key: SessionKey, since: number): Promise<boolean> {
  const stored = await entities.read(key)
  if (stored === undefined) return true
  const { createdAt = 0 } = (await log.session(key)) ?? {}
  return createdAt >= since
}

async function waitUntil(
  isDone: () => Promise<boolean>,
  { clock }: Clearing,
  limitMs: number,
): Promise<void> {
  const deadline = clock.now() + limitMs
  for (let pauseMs = 2; !(await isDone()); pauseMs = Math.min(pauseMs * 2, 250)) {
    if (clock.now() > deadline) throw createBusyError()
    await clock.sleep(pauseMs)
  }
}

function createBusyError(): AgentError {
  const message = 'The session is busy with earlier messages; this will be done after them.'
  return new AgentError('session_busy', message, { retryable: true, retryAfterMs: 5000 })
}
