import { withinMs } from '../../core/work-limit.js'
import type { RunEvent, StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import type { Call } from '../route.js'

/** What a run has learned the answer to: the approval that was decided, or the tool call that was carried out. */
export function toAnswered(event: RunEvent): string | undefined {
  if (event.type === 'approval.decided') return event.data.approvalId
  return event.type === 'tool.completed' ? event.data.callId : undefined
}

/** Whether a run has learned all of these answers. */
export function hasLearned(events: readonly StoredEvent[], answered: readonly string[]): boolean {
  return answered.every((id) => events.some((event) => toAnswered(event) === id))
}

/** Callers are not kept waiting for longer, also those who want an answer at once. */
const longestLearningMs = 5_000

/**
 * For each of these answers the events up to where the run learned it: it may have begun to wait again just before. As many
 * as there are when that takes too long, as nobody carries the run out.
 */
export async function readBeforeAnswers(
  { sessions }: Call,
  key: RunKey,
  answered: readonly string[],
): Promise<readonly (readonly StoredEvent[])[]> {
  const events: StoredEvent[] = []
  await withinMs(longestLearningMs, async (signal) => {
    for await (const batch of sessions.follow(key, -1, signal)) {
      events.push(...batch)
      if (hasLearned(events, answered)) return
    }
  })
  return answered.map((id) => {
    const end = events.findIndex((event) => toAnswered(event) === id)
    return end === -1 ? events : events.slice(0, end)
  })
}
