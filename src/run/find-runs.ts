import type { RunLog, RunSummary, SessionKey } from './run-log.js'

/** No turn is higher. */
const lastTurn = Number.MAX_SAFE_INTEGER

/** The runs of a session that have not ended, in order of acceptance. */
export function findOpenRuns(log: RunLog, key: SessionKey): Promise<readonly RunSummary[]> {
  return log.runsAfter(key, lastTurn)
}

/** Up to `limit` of the runs of a session that have ended, newest first. */
export function findEndedRuns(log: RunLog, key: SessionKey, limit: number): Promise<readonly RunSummary[]> {
  return log.runsUpTo(key, lastTurn, limit)
}
