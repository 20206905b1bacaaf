import { type EntityContext, type EntityHandler, EntityId } from 'durable-functions'
import type { StoredWorkflowEvent } from './workflow-events.js'
import { journalEntity } from './workflow-names.js'

/** How many events one entity keeps: its state is written as a whole. */
export const eventsPerEntity = 50

/** The entity with the event `id` of an instance. */
export function toJournalId(instanceId: string, id: number): EntityId {
  return new EntityId(journalEntity, `${instanceId}~${Math.floor(id / eventsPerEntity)}`)
}

/** Splits events by the entity that keeps them. */
export function groupByJournal(
  events: readonly StoredWorkflowEvent[],
): readonly (readonly [StoredWorkflowEvent, ...StoredWorkflowEvent[]])[] {
  const groups = new Map<number, [StoredWorkflowEvent, ...StoredWorkflowEvent[]]>()
  for (const event of events) {
    const chunk = Math.floor(event.id / eventsPerEntity)
    const group = groups.get(chunk)
    if (group === undefined) groups.set(chunk, [event])
    else group.push(event)
  }
  return [...groups.values()]
}

/** What an entity of the journal holds. */
export interface JournalState {
  readonly events: readonly StoredWorkflowEvent[]
}

/**
 * Makes the entity that keeps events of workflows. An orchestration signals them, so they leave with the commit of the
 * step that they tell of; signals may come twice, which the ids make harmless.
 */
export function createJournalEntity(): EntityHandler<JournalState> {
  return function journal({ df }: EntityContext<JournalState>): void {
    if (df.operationName?.toLowerCase() !== 'append') return
    df.setState({ events: addEvents(df.getState()?.events ?? [], df.getInput() ?? []) })
  }
}

/** Events by id, each once. */
export function addEvents(
  known: readonly StoredWorkflowEvent[],
  more: unknown,
): readonly StoredWorkflowEvent[] {
  const byId = new Map(known.map((event) => [event.id, event]))
  for (const event of more as readonly StoredWorkflowEvent[])
    if (!byId.has(event.id)) byId.set(event.id, event)
  return [...byId.values()].sort((a, b) => a.id - b.id)
}
