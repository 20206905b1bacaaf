import type { SessionQuery, SessionSummary } from '../run/run-log.js'

type Place = Pick<SessionSummary, 'updatedAt' | 'session'>

/** The order in which sessions are listed. */
export function compareSessions(a: Place, b: Place): number {
  return b.updatedAt - a.updatedAt || (a.session < b.session ? -1 : a.session > b.session ? 1 : 0)
}

/** Of all sessions of an agent those that are asked for, the one used last first. See `RunLog.sessions`. */
export function newestFirst(
  sessions: readonly SessionSummary[],
  { owner, before, limit }: SessionQuery,
): readonly SessionSummary[] {
  return sessions
    .filter((session) => session.owner === owner)
    .sort(compareSessions)
    .filter((session) => before === undefined || compareSessions(before, session) < 0)
    .slice(0, limit)
}
