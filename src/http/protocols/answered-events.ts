import { withinMs } from '../../core/work-limit.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'

/** What a run has learned the answer to: the approval that was decided, or the tool call that was carried out. */
export function toAnswered(event: RunEvent): string | undefined {
  if (event.type === 'approval.decided') return event.data.approvalId
  return event.type === 'tool.completed' ? event.data.callId : undefined
}

/** The events up to where the run learned the last of these answers; all, as long as it has one of them still to learn. */
export function toUnanswered(
  events: readonly StoredEvent[],
  answered: readonly string[],
): readonly StoredEvent[] {
  const ends = answered.map((id) => events.findIndex((event) => toAnswered(event) === id))
  return ends.includes(-1) ? events : events.slice(0, Math.max(...ends))
}

/** Callers are not kept waiting for longer, also those who want an answer at once. */
const longestLearningMs = 5_000

/**
 * The events of a run once it has learned these answers: it may have begun to wait again just before. As many as there
 * are when that takes too long, as nobody carries it out.
 */
export function readAnswered(
  { sessions }: Call,
  key: RunKey,
  answered: readonly string[],
): Promise<readonly StoredEvent[]> {
  return withinMs(longestLearningMs, async (signal) => {
    const events: StoredEvent[] = []
    for await (const batch of sessions.follow(key, -1, signal)) {
      events.push(...batch)
      if (toUnanswered(events, answered) !== events) break
    }
    return events
  })
}
