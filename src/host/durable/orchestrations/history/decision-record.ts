import { httpActivityName } from '../../activities/http-activity.js'
import { type EntityId, toInstanceId } from '../../entities/entity-id.js'
import type { HistoryRow, Instance } from '../../hub/instance-table.js'
import type { Decision, DecisionOf } from '../decision.js'
import { eventTypes, toEventText, toTimestamp } from './history-event.js'

/** The event that records a decision in a history. */
export function toDecisionRow(decision: Decision, instance: Instance, at: number): HistoryRow {
  const { type, name } = toRecordKey(decision)
  const event = toEventText({ type, at, id: decision.number, fields: toFields(decision, instance, at) })
  return { type, task: decision.number, name, event }
}

function toFields(decision: Decision, instance: Instance, at: number): Readonly<Record<string, unknown>> {
  switch (decision.kind) {
    case 'activity':
      return { Name: decision.name, Version: '', Input: null }
    case 'http':
      return { Name: httpActivityName, Version: '', Input: null }
    case 'subOrchestration': {
      const { name, version, instanceId, input } = decision
      return { Name: name, Version: version ?? '', InstanceId: instanceId, Input: input }
    }
    case 'timer':
      return { FireAt: toTimestamp(decision.fireAt) }
    case 'call':
    case 'signal':
      return {
        InstanceId: toInstanceId(decision.entity),
        Name: 'op',
        Input: toRequest(decision, instance, at),
      }
    case 'lock': {
      const { requestId, entities } = decision
      const first = entities[0] === undefined ? '' : toInstanceId(entities[0])
      return {
        InstanceId: first,
        Name: 'op',
        Input: JSON.stringify({ id: requestId, lockset: entities, pos: 0, parent: instance.id }),
      }
    }
    case 'release':
      return {
        InstanceId: toInstanceId(decision.entity),
        Name: 'release',
        Input: JSON.stringify({ id: decision.requestId, parent: instance.id }),
      }
  }
}

/** The client library reads `id` of it, which is the name of the event that answers a call. */
function toRequest(decision: DecisionOf<'call' | 'signal'>, instance: Instance, at: number): string {
  const { requestId, operation, input, kind } = decision
  return JSON.stringify({
    op: operation,
    signal: kind === 'signal',
    input,
    id: requestId,
    parent: instance.id,
    parentExecution: instance.execution,
    Timestamp: toTimestamp(at),
  })
}

/** Names of messages about locks begin so; those of operations begin with an entity's id, and thus with `@`. */
const lockPrefix = 'lock '
const releasePrefix = 'release '

/** The type and name of the event that records a decision. */
export function toRecordKey(decision: Decision): { readonly type: number; readonly name: string } {
  switch (decision.kind) {
    case 'activity':
      return { type: eventTypes.taskScheduled, name: decision.name }
    case 'http':
      return { type: eventTypes.taskScheduled, name: httpActivityName }
    case 'subOrchestration':
      return { type: eventTypes.subOrchestrationCreated, name: decision.name }
    case 'timer':
      return { type: eventTypes.timerCreated, name: '' }
    case 'call':
    case 'signal':
      return { type: eventTypes.eventSent, name: toInstanceId(decision.entity) }
    case 'lock':
      return {
        type: eventTypes.eventSent,
        name: `${lockPrefix}${decision.entities.map(toInstanceId).join(' ')}`,
      }
    case 'release':
      return { type: eventTypes.eventSent, name: `${releasePrefix}${toInstanceId(decision.entity)}` }
  }
}

const recordTypes = new Set<number>([
  eventTypes.taskScheduled,
  eventTypes.subOrchestrationCreated,
  eventTypes.timerCreated,
  eventTypes.eventSent,
])

/** Whether an event records a decision. */
export function isDecisionRecord({ type }: HistoryRow): boolean {
  return recordTypes.has(type)
}

/** A request for entities that has not been taken back, whether it has been granted yet or not. */
export type HeldLock = Pick<DecisionOf<'lock'>, 'requestId' | 'entities'>

/** What an execution holds, out of the events that it sent: never more than one lock at a time. */
export function findHeldLock(history: readonly HistoryRow[]): HeldLock | undefined {
  const last = history.findLast(({ name }) => name.startsWith(lockPrefix) || name.startsWith(releasePrefix))
  if (!last?.name.startsWith(lockPrefix)) return undefined
  const { Input } = JSON.parse(last.event) as { Input: string }
  const { id, lockset } = JSON.parse(Input) as { id: string; lockset: readonly EntityId[] }
  return { requestId: id, entities: lockset }
}
