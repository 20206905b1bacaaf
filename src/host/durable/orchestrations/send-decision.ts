import { randomUUID } from 'node:crypto'
import { httpActivityName } from '../activities/http-activity.js'
import { toInstanceId } from '../entities/entity-id.js'
import { toLockMessage, toReleaseMessage } from '../entities/entity-lock.js'
import type { Message } from '../hub/hub-message.js'
import type { Instance } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { Outbox } from '../work/work-queue.js'
import type { Decision, DecisionOf } from './decision.js'
import { eventTypes, toEventText, toTimestamp } from './history/history-event.js'
import { postEvent } from './instance-events.js'
import { startInstance } from './start-instance.js'

/** Inside a transaction: sends what sets a decision going. */
export function sendDecision(
  hub: TaskHub,
  outbox: Outbox,
  decision: Decision,
  instance: Instance,
  now: number,
): void {
  switch (decision.kind) {
    case 'activity':
      outbox.post(toActivityMessage(instance, decision.number, decision.name, decision.input))
      break
    case 'http':
      outbox.post(
        toActivityMessage(instance, decision.number, httpActivityName, JSON.stringify(decision.request)),
      )
      break
    case 'timer':
      postTimer(outbox, instance, decision, now)
      break
    case 'call':
    case 'signal':
      outbox.post(toEntityMessage(instance, decision))
      break
    case 'subOrchestration':
      startChild(hub, outbox, decision, instance, now)
      break
    case 'lock': {
      const { requestId, entities } = decision
      const request = toLockMessage({ requestId, owner: instance, entities })
      if (request) outbox.post(request)
      break
    }
    case 'release':
      outbox.post(toReleaseMessage(decision.requestId, instance.id, decision.entity))
  }
}

/** The mailbox of one task of an execution, and the id of its timer. */
export function toTaskId(execution: string, number: number): string {
  return `${execution}:${number}`
}

/** The number in a {@link toTaskId}. */
export function toTaskNumber(taskId: string): number {
  return Number(taskId.slice(taskId.lastIndexOf(':') + 1))
}

function toActivityMessage(instance: Instance, number: number, name: string, input: string | null): Message {
  return {
    id: randomUUID(),
    target: toTaskId(instance.execution, number),
    kind: 'activity',
    functionName: name.toLowerCase(),
    name,
    input,
    isSignal: false,
    sender: instance.id,
    execution: instance.execution,
  }
}

function postTimer(
  outbox: Outbox,
  instance: Instance,
  { number, fireAt }: DecisionOf<'timer'>,
  now: number,
): void {
  const fields = { TimerId: number, FireAt: toTimestamp(fireAt) }
  postEvent(outbox, instance, {
    id: toTaskId(instance.execution, number),
    execution: instance.execution,
    event: toEventText({ type: eventTypes.timerFired, at: Math.max(fireAt, now), fields }),
    visibleAt: fireAt,
  })
}

function toEntityMessage(instance: Instance, decision: DecisionOf<'call' | 'signal'>): Message {
  const { requestId, entity, operation, input, kind } = decision
  return {
    id: requestId,
    target: toInstanceId(entity),
    kind: 'entity',
    functionName: entity.name,
    name: operation,
    input,
    isSignal: kind === 'signal',
    sender: instance.id,
  }
}

function startChild(
  hub: TaskHub,
  outbox: Outbox,
  decision: DecisionOf<'subOrchestration'>,
  { id, execution, name }: Instance,
  now: number,
): void {
  const parent = { id, execution, name, task: decision.number }
  const { instanceId, input, version = '' } = decision
  startInstance(hub, outbox, { id: instanceId, name: decision.name, version, input, parent }, now)
}
