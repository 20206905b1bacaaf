import { hasCode } from '../../../core/errors.js'
import type { ChatMessage } from '../../../core/messages.js'
import type { RunRequest } from '../../../run/events.js'
import { createRunRequest } from '../../../session/run-request.js'
import type { Call } from '../../route.js'
import type { ParsedProcess } from './parse-process.js'

/** Begins the run that a request asks for, or finds it. @throws {AgentError} as {@link SessionClient.begin}. */
export async function beginRun(call: Call, parsed: ParsedProcess): Promise<void> {
  await call.sessions.begin(parsed.key, await chooseRequest(call, parsed))
}

/**
 * A session that is there knows what was said before, so only what is fresh counts. A new one is told all that the user
 * has said. Which it was the first time holds when the request is repeated: by then there is a session.
 */
async function chooseRequest({ sessions, owner }: Call, parsed: ParsedProcess): Promise<RunRequest> {
  const { key, input, metadata } = parsed
  const toRequest = (messages: readonly ChatMessage[]) => createRunRequest({ messages, owner, metadata })
  const fresh = toRequest(input.fresh)
  if (input.whole === undefined) return fresh
  const [accepted] = await sessions.readRun(key)
  if (accepted?.type === 'run.accepted') {
    const whole = toRequest(input.whole())
    return accepted.data.digest === whole.digest ? whole : fresh
  }
  const exists = await sessions.requireSession(key, owner).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'not_found')) return false
      throw error
    },
  )
  return exists ? fresh : toRequest(input.whole())
}
