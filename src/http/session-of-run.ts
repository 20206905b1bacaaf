import { toHexId } from '../core/hex-id.js'

/** The session of a caller who names a run but no session: the same each time, and another one for every owner. */
export function toSessionOf(run: string, owner: string | undefined): string {
  return toHexId(JSON.stringify([owner ?? null, run]))
}
