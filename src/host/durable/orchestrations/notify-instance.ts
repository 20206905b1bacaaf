import { randomUUID } from 'node:crypto'
import { isOver } from '../hub/instance-status.js'
import type { Instance } from '../hub/instance-table.js'
import type { TaskHub } from '../hub/task-hub.js'
import type { Outbox } from '../work/work-queue.js'

/** Inside a transaction: sends an event to an orchestration; nothing happens when it is over or another execution by now. */
export function notifyInstance(
  hub: TaskHub,
  outbox: Outbox,
  to: { readonly id: string; readonly execution?: string | undefined },
  event: string,
): void {
  const instance = hub.instances.readHead(to.id)
  if (instance === undefined || isOver(instance.status)) return
  if (to.execution !== undefined && to.execution !== instance.execution) return
  postEvent(outbox, instance, { execution: to.execution, event })
}

/** Inside a transaction: puts an event into the mailbox of an orchestration that is known to be there. */
export function postEvent(
  outbox: Outbox,
  instance: Pick<Instance, 'id' | 'name'>,
  message: {
    readonly event: string
    /** Without it, whichever execution there is gets the event. */
    readonly execution?: string | undefined
    /** By which it can be taken back. @default a GUID */
    readonly id?: string
    readonly visibleAt?: number
  },
): void {
  const { event, execution, id = randomUUID(), visibleAt } = message
  outbox.post({
    id,
    target: instance.id,
    kind: 'orchestration',
    functionName: instance.name.toLowerCase(),
    name: '',
    input: event,
    isSignal: true,
    sender: null,
    execution,
    visibleAt,
  })
}
