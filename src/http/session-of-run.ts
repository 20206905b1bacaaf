import { hash } from 'node:crypto'

/** The session of a caller who names a run but no session: the same each time, and another one for every owner. */
export function toSessionOf(run: string, owner: string | undefined): string {
  return hash('sha256', JSON.stringify([owner ?? null, run])).slice(0, 32)
}
