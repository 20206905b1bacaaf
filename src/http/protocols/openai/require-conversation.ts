import { AgentError, hasCode } from '../../../core/errors.js'
import type { SessionKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'

/** Passes when the conversation that a request goes on with is there, and the caller's. @throws {AgentError} `not_found` naming the field that it was named in. */
export async function requireConversation(
  { sessions, owner }: Call,
  key: SessionKey,
  path: string,
): Promise<void> {
  try {
    await sessions.requireSession(key, owner)
  } catch (cause) {
    if (!hasCode(cause, 'not_found')) throw cause
    const message = 'names no conversation that there is'
    throw new AgentError('not_found', `${path}: ${message}`, { cause, issues: [{ path, message }] })
  }
}
