import { AgentError } from '../../../core/errors.js'
import type { SessionKey } from '../../../run/run-log.js'
import type { Call } from '../../route.js'
import { hasSession } from '../has-session.js'

/** Passes when the conversation that a request goes on with is there, and the caller's. @throws {AgentError} `not_found` naming the field that it was named in. */
export async function requireConversation(call: Call, key: SessionKey, path: string): Promise<void> {
  if (await hasSession(call, key)) return
  const message = 'names no conversation that there is'
  throw new AgentError('not_found', `${path}: ${message}`, { issues: [{ path, message }] })
}
