import { randomUUID } from 'node:crypto'
import { DurableRequestError } from '../durable-answer.js'
import { isOver } from '../instance-status.js'
import type { Instance } from '../instance-table.js'
import type { TaskHub } from '../task-hub.js'
import { toUnknownFunctionText } from '../unknown-function.js'
import type { WorkDispatcher } from '../work-dispatcher.js'
import { eventTypes, toEventText } from './history-event.js'
import { checkInstanceId } from './instance-id.js'
import { postEvent, startInstance } from './start-instance.js'

export interface InstanceCommandsOptions {
  readonly hub: TaskHub
  readonly dispatcher: WorkDispatcher
  /** The orchestrator functions that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, { readonly name: string }>
  /** Version of instances that are started without one. */
  readonly defaultVersion: string
  /** True when an id that is in use may be started again, whatever its state. */
  readonly replacesRunning: boolean
  /** Epoch milliseconds. */
  readonly now: () => number
}

export interface StartRequest {
  readonly functionName: string
  /** @default a new one */
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

  /** Starts an orchestration; gives its id. @throws {DurableRequestError} for an unknown function, or an id that is not allowed or in use. */
  async start({ functionName, instanceId, input, version }: StartRequest): Promise<string> {
    const { hub, dispatcher, functions, defaultVersion, now } = this.#options
    const definition = functions.get(functionName.toLowerCase())
    if (definition === undefined) {
      const known = [...functions.values()].map(({ name }) => name)
      throw new DurableRequestError(toUnknownFunctionText(functionName, 'orchestrator', known))
    }
    const id = instanceId ?? createInstanceId()
    checkInstanceId(id)
    await dispatcher.transact((outbox) => {
      this.#checkFree(hub.instances.read(id))
      const instance = { id, name: definition.name, version: version ?? defaultVersion, input, parent: null }
      startInstance(hub, outbox, instance, now())
    })
    return id
  }

  #checkFree(existing: Instance | undefined): void {
    if (existing === undefined || isOver(existing.status) || this.#options.replacesRunning) return
    throw new DurableRequestError(
      `An Orchestration instance with the status ${existing.status} already exists.`,
      { status: 500, summary: 'Something went wrong while processing your request' },
    )
  }

  /** Raises an event with JSON text as its data. */
  raiseEvent(id: string, name: string, data: string): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.eventRaised, { Name: name, Input: data })
  }

  /** Ends an orchestration without asking its function. What it has set going goes on. */
  terminate(id: string, reason: string): Promise<CommandOutcome> {
    return this.#send(id, eventTypes.executionTerminated, { Input: reason })
  }

  /** Forgets an orchestration and its history, whatever its state. */
  purge(id: string): Promise<CommandOutcome> {
    const { hub, dispatcher } = this.#options
    return dispatcher.transact(() => {
      const instance = hub.instances.read(id)
      if (instance === undefined) return 'gone'
      hub.instances.delete(instance)
      hub.dropAllMessages(id)
      return 'accepted'
    })
  }

  #send(id: string, type: number, fields: Readonly<Record<string, unknown>>): Promise<CommandOutcome> {
    const { hub, dispatcher, now } = this.#options
    return dispatcher.transact((outbox) => {
      const instance = hub.instances.read(id)
      if (instance === undefined) return 'gone'
      if (isOver(instance.status)) return 'over'
      postEvent(outbox, instance, { event: toEventText({ type, at: now(), fields }) })
      return 'accepted'
    })
  }
}

/** As the platform makes them: a GUID without dashes. */
function createInstanceId(): string {
  return randomUUID().replaceAll('-', '')
}
