import { findOpenRuns } from '../../run/find-runs.js'
import type { RunLog, SessionKey } from '../../run/run-log.js'
import { findWanted } from './find-wanted.js'

export interface UnusedSessionsQuery {
  readonly log: RunLog
  readonly agent: string
  /** Nothing has happened in them since; ms since 1970. */
  readonly before: number
  readonly limit: number
}

/**
 * Up to `limit` of an agent's sessions that nobody uses any more. One whose run waits for a human is used, however long that
 * takes.
 */
export function findUnusedSessions(query: UnusedSessionsQuery): Promise<readonly SessionKey[]> {
  const { log, agent, before, limit } = query
  return findWanted(
    limit,
    (count) => log.idleSessions(agent, before, count),
    (key) => hasNoOpenRun(log, key),
  )
}

/** One that cannot be read stays: whoever uses it learns why. */
async function hasNoOpenRun(log: RunLog, key: SessionKey): Promise<boolean> {
  const open = await findOpenRuns(log, key).catch(() => undefined)
  return open?.length === 0
}
