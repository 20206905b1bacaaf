import { createHexId } from '../../../core/hex-id.js'
import { toInstanceId } from '../entities/entity-id.js'
import type { HubParts } from '../hub/hub-parts.js'
import { isOver } from '../hub/instance-status.js'
import type { Instance, InstanceHead, InstanceQuery } from '../hub/instance-table.js'
import { findHeldLock } from '../orchestrations/history/decision-record.js'
import { eventTypes, toEventText } from '../orchestrations/history/history-event.js'
import { findIdProblem } from '../orchestrations/instance-id.js'
import { postEvent } from '../orchestrations/notify-instance.js'
import { rewindInstance } from '../orchestrations/rewind.js'
import { startInstance } from '../orchestrations/start-instance.js'
import type { WorkDispatcher } from '../work/work-dispatcher.js'
import { DurableRequestError, wentWrong } from './durable-answer.js'
import { toUnknownFunctionText } from './unknown-function.js'

export interface InstanceCommandsOptions extends HubParts {
  readonly dispatcher: WorkDispatcher
  /** The orchestrator functions that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, { readonly name: string }>
  /** Version of instances that are started without one. */
  readonly defaultVersion: string
  /** True when an id that is in use may be started again, whatever its state. */
  readonly replacesRunning: boolean
}

export interface StartRequest {
  readonly functionName: string
  /** A blank one counts as none. @default a new one */
  readonly instanceId?: string | undefined
  /** JSON text. */
  readonly input: string | null
  readonly version?: string | undefined
}

/** What became of a command to an instance: `gone` when there is none, `over` when it has ended already. */
export type CommandOutcome = 'accepted' | 'gone' | 'over'

/** What clients ask of orchestrations. Every promise resolves when that is on disk. */
export class InstanceCommands {
  readonly #options: InstanceCommandsOptions

  constructor(options: InstanceCommandsOptions) {
    this.#options = options
  }

  /** Starts an orchestration, whose name is that of its function as the caller writes it; gives its id. @throws {DurableRequestError} for an unknown function, or an id that is not allowed or in use. */
  async start({ functionName, instanceId, input, version }: StartRequest): Promise<string> {
    const { hub, dispatcher, functions, defaultVersion, now } = this.#options
    if (!functions.has(functionName.toLowerCase())) {
      throw new DurableRequestError(toUnknownFunctionText(functionName, 'orchestrator', functions))
    }
    const id = instanceId === undefined || instanceId.trim() === '' ? createHexId() : instanceId
    checkId(id)
    await dispatcher.transact((outbox) => {
      this.#checkFree(hub.instances.readHead(id))
      const instance = { id, name: functionName, version: version ?? defaultVersion, input, parent: null }
      startInstance(hub, outbox, instance, now())
    })
    return id
  }

  #checkFree(existing: InstanceHead | undefined): void {
    if (existing === undefined || isOver(existing.status) || this.#options.replacesRunning) return
    throw toConflict(`An Orchestration instance with the status ${existing.status} already exists.`)
  }

  /** Raises an event with JSON text as its data. */
  raiseEvent(id: string, name: string, data: string): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.eventRaised, { Name: name, Input: data })
  }

  /** Ends an orchestration without asking its function. What it has set going goes on. */
  terminate(id: string, reason: string | null): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.executionTerminated, { Input: reason })
  }

  /** Has an orchestration handle nothing until it is resumed. @throws {DurableRequestError} when it is suspended already. */
  suspend(id: string, reason: string | null): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.executionSuspended, { Reason: reason }, ({ status }) => {
      if (status === 'Suspended') throw toConflict(toRefusal('suspend', id, status))
    })
  }

  /** @throws {DurableRequestError} when the orchestration is not suspended. */
  resume(id: string, reason: string | null): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.executionResumed, { Reason: reason }, ({ status }) => {
      if (status !== 'Suspended') throw toConflict(toRefusal('resume', id, status))
    })
  }

  /** Has a failed orchestration try again what it failed of. `running` when it has not failed. */
  rewind(id: string, reason: string | null): Promise<CommandOutcome | 'running'> {
    const { hub, dispatcher, now } = this.#options
    return dispatcher.transact((outbox) => {
      const instance = hub.instances.read(id)
      if (instance === undefined) return 'gone'
      if (instance.status !== 'Failed') return isOver(instance.status) ? 'over' : 'running'
      rewindInstance(instance, reason, { hub, outbox, now: now() })
      return 'accepted'
    })
  }

  /** Starts an orchestration's function again with the same input; gives the id. @throws {DurableRequestError} when there is none, or its id is in use. */
  restart(id: string, { withNewId }: { readonly withNewId: boolean }): Promise<string> {
    const { hub, dispatcher, now } = this.#options
    return dispatcher.transact((outbox) => {
      const earlier = hub.instances.read(id)
      if (earlier === undefined) {
        const summary = 'InstanceId does not match a valid orchestration instance.'
        throw new DurableRequestError(`There is no orchestration '${id}'.`, { summary })
      }
      if (!withNewId) this.#checkFree(earlier)
      const { name, version, input } = earlier
      const newId = withNewId ? createHexId() : id
      startInstance(hub, outbox, { id: newId, name, version, input, parent: null }, now())
      return newId
    })
  }

  /** Forgets an orchestration and its history, whatever its state. */
  purge(id: string): Promise<CommandOutcome> {
    const { hub, dispatcher } = this.#options
    return dispatcher.transact(() => {
      const instance = hub.instances.read(id)
      if (instance === undefined) return 'gone'
      this.#forget(instance)
      return 'accepted'
    })
  }

  /** Forgets the orchestrations that a query means and that are over; gives how many there were. */
  purgeAll(query: Omit<InstanceQuery, 'limit'>): Promise<number> {
    const { hub, dispatcher } = this.#options
    return dispatcher.transact(() => {
      const found = hub.instances.list({ ...query, limit: Number.MAX_SAFE_INTEGER })
      const ended = found.filter(({ status }) => isOver(status))
      for (const instance of ended) this.#forget(instance)
      return ended.length
    })
  }

  #forget(instance: Instance): void {
    const { hub } = this.#options
    if (!isOver(instance.status)) this.#reportHeldLock(instance)
    hub.instances.delete(instance)
    hub.dropAllMessages(instance.id)
  }

  /** The platform erases an orchestration without ending it, so that nobody is left to give back what it holds. */
  #reportHeldLock({ id, execution }: Instance): void {
    const { hub, log } = this.#options
    const held = findHeldLock(hub.instances.readLockHistory(execution))
    if (held === undefined) return
    const entities = held.entities.map(toInstanceId).join(', ')
    log(
      'warning',
      `[would hang in Azure] The orchestration '${id}' was purged while it held a lock on ${entities}, which stay locked. Terminate it first.`,
    )
  }

  #send(
    id: string,
    type: number,
    fields: Readonly<Record<string, unknown>>,
    check: (instance: InstanceHead) => void = () => {},
  ): Promise<CommandOutcome> {
    const { hub, dispatcher, now } = this.#options
    return dispatcher.transact((outbox) => {
      const instance = hub.instances.readHead(id)
      if (instance === undefined) return 'gone'
      if (isOver(instance.status)) return 'over'
      check(instance)
      postEvent(outbox, instance, { event: toEventText({ type, at: now(), fields }) })
      return 'accepted'
    })
  }
}

/** @throws {DurableRequestError} for an id that the platform does not allow. */
function checkId(id: string): void {
  const problem = findIdProblem(id)
  if (problem !== undefined) throw new DurableRequestError(`The instance id '${id}' ${problem}.`)
}

function toRefusal(verb: string, id: string, status: string): string {
  return `Cannot ${verb} the orchestration instance ${id} because instance is in the ${status} state.`
}

/** As the platform tells of what an orchestration's state does not allow. */
function toConflict(message: string): DurableRequestError {
  return new DurableRequestError(message, { status: 500, summary: wentWrong })
}
