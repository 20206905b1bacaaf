import { hasCode } from '../core/errors.js'
import type { RunEvent } from './events.js'
import type { RunKey, RunLog } from './run-log.js'

/** Appends an event if the log still ends at `expected`; false when somebody else was quicker, or the run was deleted. */
export async function tryAppend(
  log: RunLog,
  key: RunKey,
  expected: number,
  event: RunEvent,
): Promise<boolean> {
  try {
    await log.append(key, expected, [event])
    return true
  } catch (error) {
    if (hasCode(error, 'fenced')) return false
    throw error
  }
}
