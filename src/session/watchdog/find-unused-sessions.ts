import type { RunLog, SessionKey } from '../../run/run-log.js'
import { filterInBatches } from './filter-in-batches.js'

export interface UnusedSessionsQuery {
  readonly log: RunLog
  readonly agent: string
  /** Nothing has happened in them since; ms since 1970. */
  readonly before: number
  readonly limit: number
}

/**
 * Up to `limit` of an agent's sessions that nobody uses any more. One whose run waits for a human is used, however long that
 * takes; looks further when most are like that, which else would hide the rest for ever.
 */
export async function findUnusedSessions(query: UnusedSessionsQuery): Promise<readonly SessionKey[]> {
  const { log, agent, before, limit } = query
  for (let count = limit; ; count *= 4) {
    const idle = await log.idleSessions(agent, before, count)
    const found = await filterInBatches(idle, limit, (key) => hasNoOpenRun(log, key))
    if (idle.length < count || found.length >= limit) return found.slice(0, limit)
  }
}

/** One that cannot be read stays: whoever uses it learns why. */
async function hasNoOpenRun(log: RunLog, key: SessionKey): Promise<boolean> {
  const open = await log.runsAfter(key, Number.MAX_SAFE_INTEGER).catch(() => undefined)
  return open?.length === 0
}
