import type { RunRequest } from '../../run/events.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { createBegunError } from '../state/inherit.js'
import { checkReplaced } from './check-replaced.js'
import { checkUndone } from './check-undone.js'
import { gatherInherited, type Inherited } from './gather-inherited.js'
import type { SessionReader } from './session-reader.js'

export interface ReferenceCheck {
  readonly log: RunLog
  readonly sessions: SessionReader
  /** How large a conversation may be, with its files, that a session goes on from. */
  readonly maxContinuedBytes: number
}

/**
 * Checks the runs and sessions that a new run refers to, and gathers what it goes on from; `undefined` for one that begins with
 * nothing, or is known already.
 * @throws {AgentError} as {@link checkReplaced}, {@link checkUndone} and {@link gatherInherited} do, and `not_found` for a session of somebody else.
 */
export async function checkReferences(
  { log, sessions, maxContinuedBytes }: ReferenceCheck,
  key: RunKey,
  { options, owner }: RunRequest,
): Promise<Inherited | undefined> {
  const { replaces, continues, undoes } = options
  if (replaces === undefined && continues === undefined && undoes === undefined) return undefined
  if ((await log.read(key)).length > 0) return undefined
  if (replaces !== undefined) {
    await sessions.require(key, owner)
    await checkReplaced(log, { ...key, run: replaces }, options, () => sessions.readStored(key))
  }
  if (undoes !== undefined) {
    await sessions.require(key, owner)
    await checkUndone(log, { ...key, run: undoes.run })
  }
  if (continues === undefined) return undefined
  if ((await log.session(key)) !== undefined) {
    await sessions.require(key, owner)
    throw createBegunError(key.session)
  }
  const parent = { agent: key.agent, session: continues.session }
  await sessions.require(parent, owner)
  const conversation = { log, key: parent, state: await sessions.readStored(parent) }
  return gatherInherited(conversation, { run: continues.run, into: key.run, maxBytes: maxContinuedBytes })
}
