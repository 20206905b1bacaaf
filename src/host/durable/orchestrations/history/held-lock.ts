import type { EntityId } from '../../entities/entity-id.js'
import type { HistoryRow } from '../../hub/instance-table.js'
import { lockPrefix, releasePrefix } from '../replay/non-determinism.js'

/** A request for entities that has not been taken back, whether it has been granted yet or not. */
export interface HeldLock {
  readonly requestId: string
  readonly entities: readonly EntityId[]
}

/** What an execution holds, out of the events that it sent: never more than one lock at a time. */
export function findHeldLock(history: readonly HistoryRow[]): HeldLock | undefined {
  const last = history.findLast(({ name }) => name.startsWith(lockPrefix) || name.startsWith(releasePrefix))
  if (!last?.name.startsWith(lockPrefix)) return undefined
  const { Input } = JSON.parse(last.event) as { Input: string }
  const { id, lockset } = JSON.parse(Input) as { id: string; lockset: readonly EntityId[] }
  return { requestId: id, entities: lockset }
}
