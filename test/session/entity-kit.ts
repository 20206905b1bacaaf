import type { DurableClient, EntityContext, StartNewOptions } from 'durable-functions'
import { type AgentEntityOptions, createAgentEntity } from '../../src/session/entity/agent-entity.js'
import { toOperationLimits } from '../../src/session/execution/execution-limits.js'
import type { StoredState } from '../../src/session/state/stored-state.js'

type KitOptions = Omit<AgentEntityOptions, 'limits'> &
  Partial<AgentEntityOptions> & {
    /** The session's key. @default 's' */
    readonly session?: string
  }

/** One session's entity in memory: runs operations as the Durable extension does, with state as JSON text. */
export class EntityKit {
  readonly #options: AgentEntityOptions
  readonly #session: string
  readonly logged: string[] = []
  /** Signals that operations sent to the entity itself, in order: operation and input. */
  readonly signals: [operation: string, input: unknown][] = []
  /** What operations gave back to their callers, in order. */
  readonly replies: unknown[] = []
  /** Events raised in orchestrations, in order. */
  readonly raised: [instance: string, event: string, data: unknown][] = []
  /** Orchestrations that were started: name and input by instance id. */
  readonly started = new Map<string, { readonly name: string; readonly input: unknown }>()
  /** What came of those that have ended, by instance id. */
  readonly outputs = new Map<string, unknown>()
  /** What the next attempts to raise an event fail with. */
  readonly raiseFailures: Error[] = []
  /** What the next attempts to start an orchestration fail with, although it is started. */
  readonly lostStarts: Error[] = []
  /** What the next attempts to start an orchestration fail with, without its being started. */
  readonly refusedStarts: Error[] = []
  /** How often somebody looked at an orchestration. */
  looks = 0
  /** What is stored, as JSON text; `undefined` when the entity does not exist. */
  state: string | undefined

  constructor({ session = 's', ...options }: KitOptions) {
    this.#session = session
    this.#options = { limits: toOperationLimits(600_000), ...options }
  }

  /** Runs one operation in a new process: nothing but the stored state and the log is carried over. */
  async operate(operationName: string, input?: unknown): Promise<void> {
    let next = this.state
    const log = (level: string) => (text: unknown) => this.logged.push(`${level}: ${text}`)
    const context = {
      df: {
        entityName: `dafx-${this.#options.agent.name.toLowerCase()}`,
        entityKey: this.#session,
        operationName,
        getInput: () => (input === undefined ? undefined : JSON.parse(JSON.stringify(input))),
        getState: () => (this.state === undefined ? undefined : JSON.parse(this.state)),
        setState: (state: StoredState) => {
          next = JSON.stringify(state)
        },
        destructOnExit: () => {
          next = undefined
        },
        return: (value: unknown) => {
          this.replies.push(JSON.parse(JSON.stringify(value)))
        },
        signalEntity: (_entity: unknown, operation: string, signalInput: unknown) => {
          this.signals.push([operation, signalInput])
        },
      },
      info: log('info'),
      error: log('error'),
    }
    await createAgentEntity({ getDurableClient: () => this.#client, ...this.#options })(
      context as unknown as EntityContext<StoredState>,
    )
    this.state = next
  }

  get #client(): DurableClient {
    const raiseEvent = async (instance: string, event: string, data: unknown) => {
      const failure = this.raiseFailures.shift()
      if (failure !== undefined) throw failure
      this.raised.push([decodeURIComponent(instance), event, JSON.parse(JSON.stringify(data))])
    }
    const startNew = async (name: string, { instanceId, input }: StartNewOptions) => {
      const refusal = this.refusedStarts.shift()
      if (refusal !== undefined) throw refusal
      if (this.started.has(instanceId ?? '')) throw new Error(`${instanceId} was started twice`)
      this.started.set(instanceId ?? '', { name, input: JSON.parse(JSON.stringify(input ?? null)) })
      const failure = this.lostStarts.shift()
      if (failure !== undefined) throw failure
    }
    const getStatus = async (instanceId: string) => {
      this.looks += 1
      const found = this.started.get(instanceId)
      if (found === undefined) throw new Error('replied with HTTP 404 response')
      const output = this.outputs.get(instanceId)
      const runtimeStatus = output === undefined ? 'Running' : 'Completed'
      return { instanceId, name: found.name, runtimeStatus, output, customStatus: 'half' }
    }
    return { raiseEvent, startNew, getStatus } as unknown as DurableClient
  }

  get stored(): StoredState | undefined {
    return this.state === undefined ? undefined : JSON.parse(this.state)
  }
}
