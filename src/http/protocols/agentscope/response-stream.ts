import type { ServerSentEvent } from '../../../core/sse.js'
import { isTerminal } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { createSseAnswer } from '../../event-stream.js'
import type { Call } from '../../route.js'
import type { AgentScopeEvent } from './agentscope-events.js'
import { createProjection } from './project-run.js'

/** A run's response as it is told, from the event after `after`; ends with the run, when it waits for a human, or at the stream's time limit. */
export function createResponseStream({ sessions, settings }: Call, key: RunKey, after: number): Answer {
  const limit = AbortSignal.timeout(settings.streamLimitMs)
  const batches = followResponse(sessions.follow(key, -1, limit), key, after)
  return createSseAnswer(batches, settings, toRunHeaders(key.session, key.run))
}

/** The events of a response after `after`, as server-sent events whose ids are their numbers. */
export async function* followResponse(
  batches: ReturnType<Call['sessions']['follow']>,
  key: RunKey,
  after: number,
): AsyncGenerator<readonly ServerSentEvent[]> {
  const project = createProjection(key)
  for await (const batch of batches) {
    const events = batch.flatMap(project).filter(({ sequence_number }) => (sequence_number ?? 0) > after)
    if (events.length > 0) yield events.map(toServerSent)
    if (batch.some(isTerminal) || isWaiting(events.at(-1))) return
  }
}

/** A reader is told once that a human has to decide; one who has heard it waits for what comes after. */
function isWaiting(event: AgentScopeEvent | undefined): boolean {
  return event?.object === 'response' && event.status === 'incomplete'
}

function toServerSent(event: AgentScopeEvent): ServerSentEvent {
  return { id: String(event.sequence_number), data: JSON.stringify(event) }
}
