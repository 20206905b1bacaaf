import type { ServerSentEvent } from '../../../core/sse.js'
import { withinMs } from '../../../core/work-limit.js'
import { isTerminal } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { createSseAnswer } from '../../event-stream.js'
import type { Call } from '../../route.js'
import { createStreamLimit } from '../../stream-limit.js'
import type { AgentScopeEvent } from './agentscope-events.js'
import { createProjection } from './project-run.js'

/** From where a response is told to a reader. */
export interface Reading {
  /** The number of the last event that the reader has; -1 for none. */
  readonly after: number
  /** Up to where waits for a human are over: none of them ends what is told. @default `after` */
  readonly answered?: number | undefined
}

/** A run's response as it is told to a reader; ends with the run, when it waits for a human, or at the stream's time limit. */
export function createResponseStream(call: Call, key: RunKey, reading: Reading): Answer {
  const batches = followResponse(call.sessions.follow(key, -1, createStreamLimit(call)), key, reading)
  return createSseAnswer(batches, call.settings, toRunHeaders(key))
}

/** Resolves when a response has ended, waits for a human, or has taken longer than callers are kept waiting; what the reader has does not count. */
export function waitForResponse({ sessions, settings }: Call, key: RunKey, reading: Reading): Promise<void> {
  return withinMs(settings.waitLimitMs, async (signal) => {
    const news = followResponse(sessions.follow(key, -1, signal), key, reading)
    while (!(await news.next()).done);
  })
}

/** The events of a response that its reader lacks, as server-sent events whose ids are their numbers. */
export async function* followResponse(
  batches: ReturnType<Call['sessions']['follow']>,
  key: RunKey,
  { after, answered = after }: Reading,
): AsyncGenerator<readonly ServerSentEvent[]> {
  const project = createProjection(key)
  for await (const batch of batches) {
    const events = batch.flatMap(project).filter(({ sequence_number }) => (sequence_number ?? 0) > after)
    if (events.length > 0) yield events.map(toServerSent)
    const last = events.at(-1)
    const isAsked = isWaiting(last) && (last?.sequence_number ?? 0) > answered
    if (batch.some(isTerminal) || isAsked) return
  }
}

/** A reader is told once that a human has to decide; one who has heard it waits for what comes after. */
export function isWaiting(event: AgentScopeEvent | undefined): boolean {
  return event?.object === 'response' && event.status === 'incomplete'
}

function toServerSent(event: AgentScopeEvent): ServerSentEvent {
  return { id: String(event.sequence_number), data: JSON.stringify(event) }
}
