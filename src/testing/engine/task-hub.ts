import type { TestProcess } from './test-process.js'

/** Names one entity; names ignore case, keys do not. */
export interface EntityName {
  readonly name: string
  readonly key: string
}

/** A signal on its way to an entity, or in its mailbox. */
export interface Message {
  readonly operation: string
  /** JSON text; `undefined` for none. */
  readonly input: string | undefined
  /** When it arrives; ms since 1970. */
  readonly dueAt: number
  /** Whether its sender insists on an answer, and sends it again when there is none. */
  readonly isInsisted?: boolean | undefined
}

/** The messages that one process works on, all to be committed together. */
export interface Batch {
  readonly entity: Entity
  readonly messages: readonly Message[]
  readonly process: TestProcess
  /** The entity's state when the batch was taken; JSON text. */
  readonly state: string | undefined
}

/** An entity as the task hub keeps it. */
export interface Entity extends EntityName {
  mailbox: Message[]
  /** JSON text of what was committed last; `undefined` when the entity does not exist. */
  state: string | undefined
  /** What was committed before that, for readers who lag behind. */
  previousState: string | undefined
  /** When that was; ms since 1970. */
  committedAt: number
  /** Who works on it. */
  batch: Batch | undefined
}

/**
 * What an entity engine keeps: states and mailboxes. One batch at a time is worked on per entity; it is committed as a whole
 * by whoever still holds the entity, and comes again if it never is.
 */
export class TaskHub {
  readonly #entities = new Map<string, Entity>()
  readonly #maxBatchSize: number

  constructor(maxBatchSize: number) {
    this.#maxBatchSize = maxBatchSize
  }

  get entities(): readonly Entity[] {
    return [...this.#entities.values()]
  }

  /** The entity of that name; made, without a state, when it is new. */
  open({ name, key }: EntityName): Entity {
    const id = `@${name.toLowerCase()}@${key}`
    const known = this.#entities.get(id)
    if (known !== undefined) return known
    const entity: Entity = {
      name: name.toLowerCase(),
      key,
      mailbox: [],
      state: undefined,
      previousState: undefined,
      committedAt: 0,
      batch: undefined,
    }
    this.#entities.set(id, entity)
    return entity
  }

  /** Gives a process the messages that have arrived for an entity nobody works on; `undefined` when there are none. */
  take(process: TestProcess, now: number): Batch | undefined {
    const isReady = ({ batch, mailbox }: Entity) =>
      batch === undefined && mailbox.some(({ dueAt }) => dueAt <= now)
    const entity = this.entities.find(isReady)
    if (entity === undefined) return undefined
    const messages = entity.mailbox.filter(({ dueAt }) => dueAt <= now).slice(0, this.#maxBatchSize)
    entity.mailbox = entity.mailbox.filter((message) => !messages.includes(message))
    entity.batch = { entity, messages, process, state: entity.state }
    return entity.batch
  }

  /** Replaces the state and forgets the batch's messages; false when somebody else has the entity by now. */
  commit(batch: Batch, state: string | undefined, now: number): boolean {
    const { entity } = batch
    if (entity.batch !== batch) return false
    entity.previousState = entity.state
    entity.state = state
    entity.committedAt = now
    entity.batch = undefined
    return true
  }

  /** Takes what a process worked on away from it; the messages come again, or count as done. */
  release(process: TestProcess, isRedelivered: boolean): void {
    for (const entity of this.entities) {
      if (entity.batch?.process !== process) continue
      const again = entity.batch.messages.filter(({ isInsisted }) => isRedelivered || isInsisted)
      entity.mailbox.unshift(...again)
      entity.batch = undefined
    }
  }

  /** When the next message arrives that has not by `now`; ms since 1970. */
  nextArrival(now: number): number | undefined {
    const times = this.entities.flatMap(({ mailbox }) => mailbox.map(({ dueAt }) => dueAt))
    const later = times.filter((time) => time > now)
    return later.length === 0 ? undefined : Math.min(...later)
  }

  /** Whether messages are on their way or being worked on. */
  get hasWork(): boolean {
    return this.isBusy || this.entities.some(({ mailbox }) => mailbox.length > 0)
  }

  /** Whether anything is being worked on. */
  get isBusy(): boolean {
    return this.entities.some(({ batch }) => batch !== undefined)
  }
}
