import { hasCode } from '../../core/errors.js'
import type { SessionKey } from '../../run/run-log.js'
import type { Call } from '../route.js'

/** Whether the caller has such a session; one of somebody else is none. */
export async function hasSession({ sessions, owner }: Call, key: SessionKey): Promise<boolean> {
  try {
    await sessions.requireSession(key, owner)
    return true
  } catch (error) {
    if (hasCode(error, 'not_found')) return false
    throw error
  }
}
