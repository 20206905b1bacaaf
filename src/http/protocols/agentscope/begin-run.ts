import type { ChatMessage } from '../../../core/messages.js'
import { type RunRequest, toRunRequest } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import type { Call } from '../../route.js'
import { hasSession } from '../has-session.js'
import type { SaidInput } from './input-messages.js'

/** What a run is begun with. */
export interface NewRun {
  readonly key: RunKey
  readonly input: SaidInput
  readonly metadata: RunRequest['metadata']
}

/** Begins the run that a request asks for, or finds it. @throws {AgentError} as {@link SessionClient.begin}. */
export async function beginRun(call: Call, run: NewRun): Promise<void> {
  await call.sessions.begin(run.key, await chooseRequest(call, run))
}

/**
 * A session that is there knows what was said before, so only what is fresh counts. A new one is told all that the user
 * has said. Which it was the first time holds when the request is repeated: by then there is a session.
 */
async function chooseRequest(call: Call, { key, input, metadata }: NewRun): Promise<RunRequest> {
  const { owner, sessions } = call
  const toRequest = (messages: readonly ChatMessage[]) => createRunRequest({ messages, owner, metadata })
  const fresh = toRequest(input.fresh)
  if (input.whole === undefined) return fresh
  // In this order: a session that the same request makes meanwhile is there together with its run.
  const isKnown = await hasSession(call, key)
  const begun = toRunRequest(await sessions.readRun(key))
  if (begun === undefined) return isKnown ? fresh : toRequest(input.whole())
  const whole = toRequest(input.whole())
  return begun.digest === whole.digest ? whole : fresh
}
