import type { AgentError } from '../../../core/errors.js'
import { fold, type RunState } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'

/** A run that was to answer a message. */
export interface Attempt {
  readonly run: string
  readonly outcome: RunState['outcome']
}

/**
 * The run that answers a message anew. What was said is never unsaid, so that is possible only where there is no answer:
 * the message's own run as long as it goes on, and a new one behind those that failed.
 * @throws {AgentError} `invalid_request` when the message was answered, or others came after it; `not_found` when the session is somebody else's.
 */
export async function findAttempt(call: Call, session: SessionKey, message: string): Promise<string> {
  const attempts = await readAttempts(call, session, message)
  const last = attempts.at(-1)
  if (last === undefined) return message
  await call.sessions.requireSession(session, call.owner)
  if (last.outcome === undefined) return last.run
  if (last.outcome.type === 'run.completed') throw createSaidError('the message was answered')
  await checkNewest(call, session, last.run)
  return toAttemptId(message, attempts.length)
}

/** The runs that were to answer a message, oldest first: all but the last have failed. */
export async function readAttempts(
  { sessions }: Call,
  session: SessionKey,
  message: string,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = []
  while (true) {
    const run = toAttemptId(message, attempts.length)
    const { request, outcome } = fold(await sessions.readRun({ ...session, run }))
    if (request === undefined) return attempts
    attempts.push({ run, outcome })
  }
}

/** The first bears the message's own id. */
function toAttemptId(message: string, earlier: number): string {
  return earlier === 0 ? message : `${message}~${earlier + 1}`
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
