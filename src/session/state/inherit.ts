import { AgentError } from '../../core/errors.js'
import { type StoredEvent, toRunRequest } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { Conversation } from './conversation.js'
import { readInheritance } from './inheritance.js'

/**
 * Begins a session that goes on from another one with what that had said. Nothing changes in a session that has begun.
 * @throws {AgentError} `invalid_request` when another run has begun it.
 */
export async function inherit(
  { log, key, state }: Conversation,
  run: string,
  events: readonly StoredEvent[],
): Promise<void> {
  const digest = toRunRequest(events)?.inherited
  if (digest === undefined) return
  const { own } = state
  if (own.turn === 0 && own.inherited === undefined) {
    const inheritance = await readInheritance(log, key, { run, digest })
    if (inheritance !== undefined) state.inherit(inheritance, { run, digest })
  } else if (own.inherited?.run !== run && fold(events).turn === 0) throw createBegunError(key.session)
}

/** Why a session cannot go on from another one. */
export function createBegunError(session: string): AgentError {
  const message = `session "${session}" exists; only a new one can go on from another`
  return new AgentError('invalid_request', `continues: ${message}.`, {
    issues: [{ path: 'continues', message }],
  })
}
