import type { SessionSummary } from '../run/run-log.js'

type Place = Pick<SessionSummary, 'updatedAt' | 'session'>

/** The order in which sessions are listed. */
export function newestFirst(a: Place, b: Place): number {
  return b.updatedAt - a.updatedAt || (a.session < b.session ? -1 : a.session > b.session ? 1 : 0)
}
