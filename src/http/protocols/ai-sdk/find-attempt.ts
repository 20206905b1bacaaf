import type { AgentError } from '../../../core/errors.js'
import { fold } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'

/**
 * The run that answers a message anew. What was said is never unsaid, so that is possible only where there is no answer:
 * the message's own run as long as it goes on, and a new one behind those that failed.
 * @throws {AgentError} `invalid_request` when the message was answered, or others came after it; `not_found` when the session is somebody else's.
 */
export async function findAttempt(call: Call, session: SessionKey, message: string): Promise<string> {
  let failed: string | undefined
  for (let attempt = 1; ; attempt += 1) {
    const run = attempt === 1 ? message : `${message}~${attempt}`
    const { request, outcome } = fold(await call.sessions.readRun({ ...session, run }))
    if (request === undefined) {
      if (failed !== undefined) await checkNewest(call, session, failed)
      return run
    }
    await call.sessions.requireSession(session, call.owner)
    if (outcome === undefined) return run
    if (outcome.type === 'run.completed') throw createSaidError('the message was answered')
    failed = run
  }
}

/** A new attempt is made at the conversation's end. */
async function checkNewest({ log }: Call, session: SessionKey, run: string): Promise<void> {
  const open = await log.runsAfter(session, Number.MAX_SAFE_INTEGER)
  const [newest] = await log.runsUpTo(session, Number.MAX_SAFE_INTEGER, 1)
  if (open.length > 0 || newest?.run !== run) throw createSaidError('other messages came after it')
}

function createSaidError(why: string): AgentError {
  return createFieldError('trigger', `must be submit-message: ${why}, and what was said stays said`)
}
