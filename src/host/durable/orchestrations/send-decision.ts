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
import { postEvent } from './notify-instance.js'
import { startInstance } from './start-instance.js'
import { toTaskId } from './task-id.js'

/** The transaction in which decisions are sent, and who has decided. */
export interface SendContext {
  readonly hub: TaskHub
  readonly outbox: Outbox
  readonly instance: Instance
  /** Epoch milliseconds. */
  readonly now: number
}

/** Inside a transaction: sends what sets a decision going. */
export function sendDecision(decision: Decision, context: SendContext): void {
  const { outbox, instance } = context
  switch (decision.kind) {
    case 'activity':
      outbox.post(toActivityMessage(decision, instance))
      break
    case 'http': {
      const { number, request } = decision
      const activity = { number, name: httpActivityName, input: JSON.stringify(request) }
      outbox.post(toActivityMessage(activity, instance))
      break
    }
    case 'timer':
      postTimer(decision, context)
      break
    case 'call':
    case 'signal':
      outbox.post(toEntityMessage(decision, instance))
      break
    case 'subOrchestration':
      startChild(decision, context)
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

function toActivityMessage(
  { number, name, input }: Omit<DecisionOf<'activity'>, 'kind'>,
  { id, execution }: Instance,
): Message {
  return {
    id: randomUUID(),
    target: toTaskId(execution, number),
    kind: 'activity',
    functionName: name.toLowerCase(),
    name,
    input,
    isSignal: false,
    sender: id,
    execution,
  }
}

function postTimer({ number, fireAt }: DecisionOf<'timer'>, { outbox, instance, now }: SendContext): void {
  const fields = { TimerId: number, FireAt: toTimestamp(fireAt) }
  postEvent(outbox, instance, {
    id: toTaskId(instance.execution, number),
    execution: instance.execution,
    event: toEventText({ type: eventTypes.timerFired, at: Math.max(fireAt, now), fields }),
    visibleAt: fireAt,
  })
}

function toEntityMessage(decision: DecisionOf<'call' | 'signal'>, instance: Instance): Message {
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

function startChild(decision: DecisionOf<'subOrchestration'>, context: SendContext): void {
  const { hub, outbox, instance, now } = context
  const { id, execution } = instance
  const parent = { id, execution, name: instance.name, task: decision.number }
  const { name, instanceId, input, version = '' } = decision
  startInstance(hub, outbox, { id: instanceId, name, version, input, parent }, now)
}
