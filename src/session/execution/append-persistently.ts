import { hasCode } from '../../core/errors.js'
import type { RunEvent } from '../../run/events.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { outlastFailures, type Patience } from './outlast-failures.js'

export interface PersistentAppend extends Patience {
  readonly log: RunLog
  readonly key: RunKey
}

/**
 * Appends as `RunLog.append` does, and outlasts a store that fails for a while: what a model has answered or a tool has done
 * would otherwise be unknown to whoever goes on, although this process knows it.
 * @throws {FencedError} when another executor wrote.
 */
export async function appendPersistently(
  { log, key, ...patience }: PersistentAppend,
  expected: number,
  events: readonly RunEvent[],
): Promise<number> {
  let hasFailed = false
  return outlastFailures(patience, async () => {
    try {
      return await log.append(key, expected, events)
    } catch (error) {
      if (!hasFailed || !hasCode(error, 'fenced') || !(await isThere(log, key, expected, events))) {
        hasFailed = true
        throw error
      }
      // It was written, although the store said that it failed: a further write tells that it is there to stay.
      await log.probe()
      return expected + events.length
    }
  })
}

/** Whether a log ends with these very events. No two executors write the same: each has begun with a name of its own. */
async function isThere(
  log: RunLog,
  key: RunKey,
  expected: number,
  events: readonly RunEvent[],
): Promise<boolean> {
  const there = await log.read(key, expected - 1)
  return JSON.stringify(there.map(toComparable)) === JSON.stringify(events.map(toComparable))
}

function toComparable({ type, data }: RunEvent): unknown {
  return [type, data]
}
