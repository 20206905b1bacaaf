import type { DurableClient } from 'durable-functions'
import type { Clock } from '../../core/clock.js'
import { toErrorMessage } from '../../core/errors.js'
import { toPathSegment } from '../client/to-path-segment.js'

/** Raises an event in an orchestration. May be repeated: whoever waits for the event takes the first. */
export type RaiseEvent = (instanceId: string, name: string, data: unknown) => Promise<void>

const attempts = 3

/**
 * Events by means of a durable client. An orchestration that is gone waits for nothing any more, so that is no failure.
 * Other failures are met with a few more tries.
 */
export function createRaiseEvent(client: DurableClient, clock: Clock): RaiseEvent {
  return async function raiseEvent(instanceId, name, data): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.raiseEvent(toPathSegment(instanceId), toPathSegment(name), data)
        return
      } catch (error) {
        if (isFinal(error)) return
        if (attempt === attempts) throw error
        await clock.sleep(100 * 4 ** attempt)
      }
    }
  }
}

/** durable-functions tells what was answered only in these words. What the extension refuses for good is not tried again. */
function isFinal(error: unknown): boolean {
  return /^No instance with ID|unexpected status code: 4(?!08|29)/.test(toErrorMessage(error))
}
