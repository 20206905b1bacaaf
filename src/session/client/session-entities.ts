import { type DurableClient, EntityId } from 'durable-functions'
import type { Clock } from '../../core/clock.js'
import type { SessionKey } from '../../run/run-log.js'
import { toEntityName } from '../agent-session-id.js'
import type { OperationName } from '../entity/operation.js'
import { createRaiseEvent, type RaiseEvent } from '../replies/raise-event.js'
import { AgentState } from '../state/agent-state.js'
import { askTaskHub } from './ask-task-hub.js'
import { toPathSegment } from './to-path-segment.js'
import { WriteProof } from './write-proof.js'

/** The sessions' entities, as the task hub has them. All that asks it throws `store_unavailable` when it is out of reach. */
export class SessionEntities {
  readonly #durable: DurableClient
  readonly #clock: Clock
  readonly #proofs = new Map<string, WriteProof>()

  constructor(durable: DurableClient, clock: Clock) {
    this.#durable = durable
    this.#clock = clock
  }

  /** Sends an operation to a session's entity. */
  async signal(key: SessionKey, operation: OperationName, input: unknown): Promise<void> {
    await askTaskHub(() => this.#durable.signalEntity(toEntityId(key), operation, input))
  }

  /** What an entity has stored; `undefined` when there is nothing. */
  async read(key: SessionKey): Promise<unknown> {
    const { entityExists, entityState } = await askTaskHub(() =>
      this.#durable.readEntityState<unknown>(toEntityId(key)),
    )
    return entityExists ? (entityState ?? undefined) : undefined
  }

  /** The same, read. @throws {AgentError} `unsupported_state`. */
  async readState(key: SessionKey): Promise<AgentState | undefined> {
    const stored = await this.read(key)
    if (stored === undefined) return undefined
    const state = new AgentState()
    state.restoreState(stored)
    return state
  }

  /** Reaches orchestrations that wait for runs. */
  get raiseEvent(): RaiseEvent {
    const raise = createRaiseEvent(this.#durable, this.#clock)
    return (...event) => askTaskHub(() => raise(...event))
  }

  /** Resolves when the task hub can be read and written. @throws {AgentError} `store_unavailable` when it cannot. */
  async probe(agent: string): Promise<void> {
    const key = { agent, session: 'health' }
    await this.read(key)
    // Asking an entity for its state changes nothing, but the question itself has to be stored.
    const write = () => this.signal(key, 'get_state', undefined)
    const proof = this.#proofs.get(agent) ?? new WriteProof(write, this.#clock)
    this.#proofs.set(agent, proof)
    await proof.give()
  }
}

function toEntityId({ agent, session }: SessionKey): EntityId {
  return new EntityId(toEntityName(agent), toPathSegment(session))
}
