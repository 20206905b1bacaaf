import type { NodeError } from './node-context.js'
import type { WorkflowEnvironment } from './workflow-environment.js'
import type { StoredWorkflowEvent, WorkflowEvent } from './workflow-events.js'
import { fitStatus, type NestedRun, type PendingRequest, type WorkflowStatus } from './workflow-status.js'

/** What a running workflow tells of itself: its events and its status. Both go out together, before it waits. */
export class WorkflowProgress {
  readonly #environment: WorkflowEnvironment
  #unsent: StoredWorkflowEvent[] = []
  #events: number
  #pending: readonly PendingRequest[] = []
  #nested: readonly NestedRun[] = []
  #step = 0

  constructor(environment: WorkflowEnvironment, events: number) {
    this.#environment = environment
    this.#events = events
  }

  /** How many events there are. */
  get events(): number {
    return this.#events
  }

  record(event: WorkflowEvent): void {
    this.#unsent.push({ ...event, id: this.#events, at: this.#environment.now() })
    this.#events += 1
  }

  beginStep(step: number): void {
    this.#step = step
  }

  open(request: PendingRequest): void {
    this.#pending = [...this.#pending, request]
  }

  close(requestId: string): void {
    this.#pending = this.#pending.filter((request) => request.requestId !== requestId)
  }

  enter(run: NestedRun): void {
    this.#nested = [...this.#nested, run]
  }

  leave(instanceId: string): void {
    this.#nested = this.#nested.filter((run) => run.instanceId !== instanceId)
  }

  /** Sends out what is new. */
  publish(state: WorkflowStatus['state'] = 'running', error?: NodeError): void {
    this.#environment.record(this.#unsent)
    this.#unsent = []
    this.#environment.publish(
      fitStatus({
        state,
        step: this.#step,
        events: this.#events,
        pending: this.#pending,
        nested: this.#nested,
        error,
      }),
    )
  }
}
