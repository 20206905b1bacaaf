import { isObject } from '../../unchecked-object.js'
import type { ClaimedBatch, Message } from '../hub/hub-message.js'
import { isOver } from '../hub/instance-status.js'
import type { TaskHub } from '../hub/task-hub.js'
import { eventTypes, toEventText } from '../orchestrations/history/history-event.js'
import { notifyInstance } from '../orchestrations/notify-instance.js'
import type { Outbox } from '../work/work-queue.js'
import { type EntityId, toInstanceId } from './entity-id.js'

/** What an orchestration asks for, and whose turn among its entities it is. */
export interface LockSet {
  readonly requestId: string
  /** Instance id and execution of the orchestration. */
  readonly owner: { readonly id: string; readonly execution: string }
  /** In the order in which they are locked. */
  readonly entities: readonly EntityId[]
}

/** Asks the entity at `position` to be locked; each one passes the request on to the next. */
export function toLockMessage({ requestId, owner, entities }: LockSet, position = 0): Message | undefined {
  const entity = entities[position]
  if (entity === undefined) return undefined
  const input = JSON.stringify({ execution: owner.execution, entities, position })
  return { ...toMessage(requestId, owner.id, entity), input, lock: 'acquire' }
}

/** Gives an entity back. */
export function toReleaseMessage(requestId: string, owner: string, entity: EntityId): Message {
  return { ...toMessage(requestId, owner, entity), input: null, lock: 'release' }
}

function toMessage(id: string, sender: string, entity: EntityId) {
  const target = toInstanceId(entity)
  return { id, target, kind: 'entity', functionName: entity.name, name: '', isSignal: true, sender } as const
}

/** Inside a transaction: does what the batch's message about the lock asks for. */
export function changeLock(
  hub: TaskHub,
  outbox: Outbox,
  { claim, lock, state }: ClaimedBatch,
  now: number,
): void {
  if (lock === undefined || lock.sender === null) return
  if (lock.request === 'release') {
    if (state.lockedBy === lock.sender) hub.entities.lock(claim.target, undefined, now)
    return
  }
  const { position, ...set } = readLockSet(lock.id, lock.sender, lock.input)
  // One that is no more would never give the entity back.
  const orchestration = hub.instances.readHead(set.owner.id)
  if (orchestration?.execution !== set.owner.execution || isOver(orchestration.status)) return
  hub.entities.lock(claim.target, set.owner.id, now)
  const next = toLockMessage(set, position + 1)
  if (next) outbox.post(next)
  else notifyInstance(hub, outbox, set.owner, toLockedEvent(set.requestId, now))
}

function toLockedEvent(requestId: string, now: number): string {
  const Input = JSON.stringify({ result: JSON.stringify('Lock Acquisition Completed') })
  return toEventText({ type: eventTypes.eventRaised, at: now, fields: { Name: requestId, Input } })
}

function readLockSet(
  requestId: string,
  owner: string,
  input: string | null,
): LockSet & { readonly position: number } {
  const parsed: unknown = JSON.parse(input ?? 'null')
  if (!isObject(parsed)) throw new Error(`The lock request '${requestId}' has no content.`)
  const { execution, entities, position } = parsed
  return {
    requestId,
    owner: { id: owner, execution: String(execution) },
    entities: entities as LockSet['entities'],
    position: Number(position),
  }
}
