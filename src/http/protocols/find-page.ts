import type { SessionKey } from '../../run/run-log.js'
import type { StoredEntry } from '../../session/state/stored-state.js'
import type { Call } from '../route.js'

/** How many turns are looked through at once. */
const pageTurns = 20

/** The newest page of a conversation that has such an entry; empty when none has. `mostPages`: how many are looked through. @default all */
export async function findPage(
  { sessions }: Call,
  session: SessionKey,
  isIt: (entry: StoredEntry) => boolean,
  mostPages = Number.POSITIVE_INFINITY,
): Promise<readonly StoredEntry[]> {
  let before: number | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const { entries, olderBefore } = await sessions.read(session, { limit: pageTurns, before })
    if (entries.some(isIt)) return entries
    if (olderBefore === undefined) return []
    before = olderBefore
  }
  return []
}
