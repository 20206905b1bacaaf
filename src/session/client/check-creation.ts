import { AgentError } from '../../core/errors.js'
import type { RunRequest } from '../../run/events.js'
import type { Creation, RunKey, SessionKey } from '../../run/run-log.js'

/**
 * Passes when a run log has accepted a request, now or earlier.
 * @throws {AgentError} `not_found` when the session is somebody else's, `session_busy` when the run would have to wait and is not to, `idempotency_conflict` when its id stands for another request.
 */
export function checkCreation(creation: Creation, key: RunKey, request: RunRequest): void {
  switch (creation.outcome) {
    case 'created':
      return
    case 'foreign':
      throw createNotFoundError(key)
    case 'busy':
      throw new AgentError(
        'session_busy',
        'onBusy: an earlier message of this session is still being answered.',
        { retryable: true, retryAfterMs: 1000 },
      )
    case 'exists':
      if (creation.request.digest === request.digest) return
      throw new AgentError(
        'idempotency_conflict',
        `correlationId "${key.run}" stands for another request in this session; use a new one for a new message.`,
      )
  }
}

/** What is said of sessions that there are none of, and of those of others. */
export function createNotFoundError({ agent, session }: SessionKey): AgentError {
  return new AgentError('not_found', `Agent "${agent}" has no session with sessionId "${session}".`)
}
