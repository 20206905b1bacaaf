import { type DurableClient, EntityId } from 'durable-functions'
import { askTaskHub } from '../../session/client/ask-task-hub.js'
import { toPathSegment } from '../../session/client/to-path-segment.js'
import { isWorkflowEnd, type StoredWorkflowEvent } from './workflow-events.js'
import { eventsPerEntity, type JournalState, toJournalId } from './workflow-journal.js'

/** The events of a run after `after`, as far as they have arrived, without gaps. */
export async function readJournal(
  durable: DurableClient,
  instanceId: string,
  after: number,
): Promise<readonly StoredWorkflowEvent[]> {
  const events: StoredWorkflowEvent[] = []
  while (true) {
    const next = after + events.length + 1
    const found = toDense(await readEntity(durable, toJournalId(instanceId, next)), next)
    events.push(...found)
    const last = events.at(-1)
    const mayBeMore = found.length > 0 && (next + found.length) % eventsPerEntity === 0
    if (!mayBeMore || (last !== undefined && isWorkflowEnd(last))) return events
  }
}

async function readEntity(durable: DurableClient, { name, key }: EntityId): Promise<JournalState['events']> {
  const id = new EntityId(name, toPathSegment(key))
  const { entityState } = await askTaskHub(() => durable.readEntityState<JournalState>(id))
  return entityState?.events ?? []
}

function toDense(events: readonly StoredWorkflowEvent[], first: number): readonly StoredWorkflowEvent[] {
  const wanted = events.filter(({ id }) => id >= first)
  return wanted.filter(({ id }, index) => id === first + index)
}
