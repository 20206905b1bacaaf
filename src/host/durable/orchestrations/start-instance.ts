import { createHexId } from '../../../core/hex-id.js'
import type { Instance, ParentInstance } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { Outbox } from '../work/work-queue.js'
import { eventTypes, toEventText } from './history/history-event.js'
import { postEvent } from './notify-instance.js'

/** What is said of an orchestration that is to be begun. */
export type NewInstance = Pick<Instance, 'id' | 'name' | 'version' | 'input' | 'parent'>

/** Inside a transaction: creates an orchestration in place of any that has its id, and has it started. */
export function startInstance(
  hub: TaskHub,
  outbox: Outbox,
  { id, name, version, input, parent }: NewInstance,
  now: number,
): void {
  const earlier = hub.instances.read(id)
  if (earlier) {
    hub.instances.delete(earlier)
    hub.dropAllMessages(id)
  }
  const instance: Instance = {
    id,
    execution: createHexId(),
    name,
    version,
    status: 'Pending',
    createdAt: now,
    updatedAt: now,
    input,
    output: null,
    customStatus: null,
    parent,
  }
  hub.instances.write(instance)
  postStart(outbox, instance, now)
}

/** Inside a transaction: has an execution started that is stored already. */
export function postStart(outbox: Outbox, instance: Instance, now: number): void {
  const { id, execution, name, version, input, parent } = instance
  postEvent(outbox, instance, {
    execution,
    event: toEventText({
      type: eventTypes.executionStarted,
      at: now,
      fields: {
        OrchestrationInstance: { InstanceId: id, ExecutionId: execution },
        ParentInstance: parent && toParentField(parent),
        Name: name,
        Version: version,
        Input: input,
        Tags: null,
      },
    }),
  })
}

function toParentField({ id, execution, name, task }: ParentInstance): unknown {
  return {
    OrchestrationInstance: { InstanceId: id, ExecutionId: execution },
    Name: name,
    TaskScheduleId: task,
    Version: '',
  }
}
