import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { FencedError, toErrorMessage } from '../../core/errors.js'
import type { FunctionDefinition, FunctionInvoker } from '../functions.js'
import type { DurableLog } from './durable-log.js'
import { type EntityAnswer, type OutgoingSignal, parseEntityAnswer, toEntityTrigger } from './entity-batch.js'
import { type EntityId, fromInstanceId, toInstanceId } from './entity-id.js'
import type { HostLease } from './host-lease.js'
import type { Claim, ClaimedBatch, Message, TaskHub } from './task-hub.js'

export interface EntityDispatcherOptions {
  readonly hub: TaskHub
  readonly lease: HostLease
  readonly invoker: FunctionInvoker
  /** The entity functions that this process has, by lower-case name. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>
  readonly maxConcurrent: number
  readonly maxBatchSize: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: DurableLog
}

const firstRetryMs = 100
const longestRetryMs = 30_000

/**
 * Runs entity operations: one batch at a time per entity, several entities at a time. A message is stored and its
 * entity claimed in one transaction, and the commit of a batch claims the next one, so that an operation costs two
 * commits, one of them flushed, and no polling.
 */
export class EntityDispatcher {
  readonly #options: EntityDispatcherOptions
  readonly #names: readonly string[]
  readonly #reportedUnknown = new Set<string>()
  /** What this process works on, or worked on when it lost it, by instance id; one slot each. */
  readonly #running = new Map<string, Claim>()
  /** True while the hub may hold work that found every slot taken. */
  #backlog = false
  #stopping = false
  #retryAt = 0
  #onIdle: (() => void) | undefined

  constructor(options: EntityDispatcherOptions) {
    this.#options = options
    this.#names = [...options.functions.keys()]
  }

  /** Sends an operation from a client; resolves when the message is on disk. */
  signal(signal: OutgoingSignal): Promise<void> {
    return this.#transact((taken) => this.#post(toMessage(signal, null), taken))
  }

  /** Takes waiting work, as far as there are free slots: that of other processes, and that whose back-off has passed. */
  async takeWaiting(): Promise<void> {
    const { hub, now } = this.#options
    this.#reportUnknown()
    this.#retryAt = hub.readNextReadyAt('entity', now()) ?? Number.POSITIVE_INFINITY
    this.#backlog = hub.readWaiting('entity', this.#names, now(), 1).length > 0
    if (this.#isTakingDue()) await this.#transact((taken) => this.#fill(taken))
  }

  /** True when something that had to wait for a certain time or a free slot may be taken now. */
  isDue(): boolean {
    return this.#options.now() >= this.#retryAt || this.#isTakingDue()
  }

  #isTakingDue(): boolean {
    return this.#backlog && this.#free() > 0
  }

  /** Takes nothing new; resolves when nothing runs any more, or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    if (this.#running.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #free(): number {
    return this.#stopping ? 0 : Math.max(0, this.#options.maxConcurrent - this.#running.size)
  }

  /**
   * Runs `work` as a transaction and then starts the batches of the claims it took. Slots are taken and left while the
   * transaction runs, as the next one of the same disk flush must already see that; a failure puts it all back.
   */
  async #transact(work: (taken: Claim[]) => void, own?: Claim): Promise<void> {
    const { hub, maxBatchSize, now } = this.#options
    const taken: Claim[] = []
    try {
      // The end of a batch needs no flush: if it is lost with the machine's power, its messages are handled again, as after
      // any crash before it. Messages from outside do, as their senders rely on them.
      const lazy = own !== undefined
      const batches = await hub.run(
        () => {
          work(taken)
          return taken.map((claim) => hub.readBatch(claim, maxBatchSize, now()))
        },
        { lazy },
      )
      for (const batch of batches) void this.#runBatch(batch)
      this.#tellWhenIdle()
    } catch (error) {
      for (const claim of taken) this.#leave(claim)
      if (own && !this.#running.has(own.target)) this.#running.set(own.target, own)
      throw error
    }
  }

  #take(claim: Claim, taken: Claim[]): void {
    this.#running.set(claim.target, claim)
    taken.push(claim)
  }

  #leave(claim: Claim): void {
    if (this.#running.get(claim.target) === claim) this.#running.delete(claim.target)
  }

  #tellWhenIdle(): void {
    if (this.#running.size === 0) this.#onIdle?.()
  }

  #post(message: Message, taken: Claim[]): void {
    const { hub, lease, functions, now } = this.#options
    const { target, functionName } = message
    const known = functions.has(functionName)
    const idle = known && !this.#running.has(target)
    if (!idle || this.#free() === 0) {
      hub.post(message, now())
      if (idle) this.#backlog = true
      if (!known) this.#reportUnknownFunction(functionName)
      return
    }
    const claim = lease.createClaim(target)
    if (hub.post(message, now(), claim)) this.#take(claim, taken)
  }

  #fill(taken: Claim[]): void {
    const { hub, lease, now } = this.#options
    const slots = this.#free()
    // Some may still be running here although they were lost; whoever else is free takes those.
    const limit = slots + this.#running.size + 1
    const waiting = hub.readWaiting('entity', this.#names, now(), limit)
    const startable = waiting.filter((target) => !this.#running.has(target))
    this.#backlog = startable.length > slots
    for (const target of startable.slice(0, slots)) {
      const claim = lease.createClaim(target)
      if (hub.take(claim, now())) this.#take(claim, taken)
    }
  }

  async #runBatch(batch: ClaimedBatch): Promise<void> {
    const { target } = batch.claim
    try {
      await this.#settle(fromInstanceId(target), batch)
    } catch (error) {
      this.#leave(batch.claim)
      this.#backlog = true
      this.#tellWhenIdle()
      const reason = error instanceof FencedError ? error.message : `not committed: ${toErrorMessage(error)}`
      this.#options.log('warning', `${target}: ${reason}; its messages are handled again.`)
    }
  }

  async #settle(entity: EntityId, batch: ClaimedBatch): Promise<void> {
    const answer = await this.#invoke(entity, batch)
    // What has been computed is not thrown away because the disk is full or busy for a while.
    for (let failures = 0; ; failures += 1) {
      try {
        return answer === 'failed' ? await this.#retryLater(batch) : await this.#commit(batch, answer)
      } catch (error) {
        if (error instanceof FencedError || this.#stopping) throw error
        this.#options.log(
          'error',
          `${batch.claim.target}: cannot commit, trying again: ${toErrorMessage(error)}`,
        )
        await delay(toBackOffMs(failures), undefined, { ref: false })
      }
    }
  }

  /** The function's answer; `undefined` when its time ran out; `'failed'` when there is none and the batch must run again. */
  async #invoke(entity: EntityId, batch: ClaimedBatch): Promise<EntityAnswer | undefined | 'failed'> {
    const { invoker, functions, log } = this.#options
    const definition = functions.get(entity.name)
    if (definition === undefined) return 'failed'
    const label = toInstanceId(entity)
    const outcome = await invoker.invoke(definition, {
      input: toEntityTrigger(entity, batch),
      reason: '(null)',
    })
    if (!outcome.succeeded && outcome.timedOut) {
      log('error', `${label}: timed out, so its ${batch.messages.length} operations end without effect.`)
      return undefined
    }
    try {
      if (!outcome.succeeded) throw new Error(outcome.message)
      const answer = parseEntityAnswer(outcome.returnValue, batch.messages.length)
      this.#logErrors(label, batch, answer)
      return answer
    } catch (error) {
      const waitMs = toBackOffMs(batch.attempts)
      log('error', `${label}: the batch failed and runs again in ${waitMs} ms: ${toErrorMessage(error)}`)
      return 'failed'
    }
  }

  #logErrors(label: string, batch: ClaimedBatch, answer: EntityAnswer): void {
    for (const [index, result] of answer.results.entries()) {
      if (!result.isError) continue
      const operation = batch.messages[index]?.name ?? ''
      this.#options.log('error', `${label}: Error in operation '${operation}': ${result.result ?? 'unknown'}`)
    }
  }

  /** Consumes the batch and goes on with the entity's next messages, all or nothing. */
  #commit(batch: ClaimedBatch, answer: EntityAnswer | undefined): Promise<void> {
    const { hub, now } = this.#options
    const { claim } = batch
    return this.#transact((taken) => {
      this.#checkHeld(claim)
      hub.consume(batch)
      if (answer) {
        hub.writeEntity(claim.target, answer.state, now())
        for (const signal of answer.signals) this.#post(toMessage(signal, claim.target), taken)
      }
      this.#goOn(claim, taken)
    }, claim)
  }

  #goOn(claim: Claim, taken: Claim[]): void {
    const { hub, lease, now } = this.#options
    const { target } = claim
    if (!this.#backlog && !this.#stopping && hub.hasMessages(target, now())) {
      const next = lease.createClaim(target)
      hub.renew(next)
      this.#take(next, taken)
      return
    }
    hub.release(target, now())
    this.#leave(claim)
    // Others wait for a slot, so this entity has queued up behind them.
    if (this.#backlog) this.#fill(taken)
  }

  async #retryLater({ claim, attempts }: ClaimedBatch): Promise<void> {
    const { hub, now } = this.#options
    const readyAt = now() + toBackOffMs(attempts)
    await this.#transact(() => {
      this.#checkHeld(claim)
      hub.postpone(claim.target, readyAt)
      this.#leave(claim)
    }, claim)
    this.#retryAt = Math.min(this.#retryAt, readyAt)
  }

  #checkHeld(claim: Claim): void {
    if (!this.#options.hub.isHeld(claim)) throw new FencedError('fenced off, as another host has taken over')
  }

  #reportUnknown(): void {
    for (const name of this.#options.hub.readUnknownFunctions('entity', this.#names))
      this.#reportUnknownFunction(name)
  }

  #reportUnknownFunction(name: string): void {
    if (this.#reportedUnknown.has(name)) return
    this.#reportedUnknown.add(name)
    this.#options.log(
      'warning',
      `[would hang in Azure] Messages wait for the entity function '${name}', which this app does not have. They are kept.`,
    )
  }
}

/** How long to wait after a failure that was preceded by `failures` others in a row. */
function toBackOffMs(failures: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 20))
}

function toMessage(signal: OutgoingSignal, sender: string | null): Message {
  return {
    id: randomUUID(),
    target: toInstanceId(signal.target),
    kind: 'entity',
    functionName: signal.target.name,
    name: signal.operation,
    input: signal.input,
    isSignal: true,
    sender,
  }
}
