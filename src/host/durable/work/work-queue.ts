import { setTimeout as delay } from 'node:timers/promises'
import { FencedError, toErrorMessage } from '../../../core/errors.js'
import type { HostLease } from '../hub/host-lease.js'
import type { Claim, Message, MessageKind } from '../hub/hub-message.js'
import type { HubParts } from '../hub/hub-parts.js'

/** What this process can do with messages of one kind. */
export interface Worker {
  readonly kind: MessageKind
  /** Names of the functions that it has for them, in lower case. */
  readonly names: readonly string[]
  /** How many instances it works on at a time. */
  readonly maxConcurrent: number
  /**
   * Called inside the transaction that took the claim. What it returns is called after the commit, never throws, and
   * ends with {@link WorkQueue.commit} or {@link WorkQueue.postpone}.
   */
  begin(claim: Claim): () => void
}

/** Said of an instance whose other messages must not be handled before one more has come. */
export type Rest = 'waits'

/** What a transaction sends, and the claims that it has taken on the way. */
export interface Outbox {
  /** Stores a message; its receiver is claimed at once when nobody has it and this process has a free slot. */
  post(message: Message): void
  /** Notes a claim whose work begins after the commit. */
  took(queue: WorkQueue, claim: Claim): void
}

export interface WorkQueueOptions extends HubParts {
  readonly lease: HostLease
  readonly worker: Worker
  /** Runs a transaction of which nobody outside relies on being flushed to disk; starts the work that it claims. */
  readonly transact: (work: (outbox: Outbox) => void) => Promise<void>
}

/** How soon to look again after a transaction that has failed. */
const lookAgainMs = 1_000
const firstRetryMs = 100
const longestRetryMs = 30_000

/**
 * The slots that this process has for one kind of work, and how instances get in and out of them. Changes that belong
 * to a transaction are made while it runs, as the next one of the same disk flush must already see them.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #names: ReadonlySet<string>
  readonly #reportedUnknown = new Set<string>()
  /** What this process works on, or worked on when it lost it, by instance id; one slot each. */
  readonly #running = new Map<string, Claim>()
  /** True while the hub may hold work that found every slot taken. */
  #backlog = false
  #stopping = false
  #retryAt = 0

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#names = new Set(options.worker.names)
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** Takes nothing new from now on. */
  stop(): void {
    this.#stopping = true
  }

  /** Looks at what waits; true when there is something that {@link fill} can take. */
  look(): boolean {
    const { hub, now, worker } = this.#options
    for (const name of hub.readUnknownFunctions(worker.kind, worker.names)) this.#reportUnknown(name)
    this.#retryAt = hub.readNextReadyAt(worker.kind, now()) ?? Number.POSITIVE_INFINITY
    this.#backlog = hub.readWaiting(worker.kind, worker.names, now(), 1).length > 0
    return this.#isTakingDue()
  }

  /** Has a look follow soon: what a transaction that has failed would have taken waits on, which nothing else tells. */
  lookSoon(): void {
    this.#retryAt = Math.min(this.#retryAt, this.#options.now() + lookAgainMs)
  }

  /** True when something that had to wait for a certain time or a free slot may be taken now. */
  isDue(): boolean {
    return this.#options.now() >= this.#retryAt || this.#isTakingDue()
  }

  #isTakingDue(): boolean {
    return this.#backlog && this.#free() > 0
  }

  #free(): number {
    return this.#stopping ? 0 : Math.max(0, this.#options.worker.maxConcurrent - this.#running.size)
  }

  /** Inside a transaction: see {@link Outbox.post}. */
  post(message: Message, outbox: Outbox): void {
    const { hub, lease, now } = this.#options
    const { target, functionName, visibleAt = 0 } = message
    const known = this.#names.has(functionName)
    const idle = known && !this.#running.has(target) && visibleAt <= now()
    if (!idle || this.#free() === 0) {
      hub.post(message, now())
      if (idle) this.#backlog = true
      else if (visibleAt > 0) this.#retryAt = Math.min(this.#retryAt, visibleAt)
      if (!known) this.#reportUnknown(functionName)
      return
    }
    const claim = lease.createClaim(target)
    if (hub.post(message, now(), claim)) this.#take(claim, outbox)
  }

  /** Inside a transaction: takes waiting work, as far as there are free slots. */
  fill(outbox: Outbox): void {
    const { hub, lease, now, worker } = this.#options
    const slots = this.#free()
    // Some may still be running here although they were lost; whoever else is free takes those.
    const limit = slots + this.#running.size + 1
    const waiting = hub.readWaiting(worker.kind, worker.names, now(), limit)
    const startable = waiting.filter((target) => !this.#running.has(target))
    this.#backlog = startable.length > slots
    for (const target of startable.slice(0, slots)) {
      const claim = lease.createClaim(target)
      if (hub.take(claim, now())) this.#take(claim, outbox)
    }
  }

  /** Inside the transaction that took the claim: reads what its work needs; returns what starts it. */
  begin(claim: Claim): () => void {
    return this.#options.worker.begin(claim)
  }

  #take(claim: Claim, outbox: Outbox): void {
    this.#running.set(claim.target, claim)
    outbox.took(this, claim)
  }

  /** Frees a claim's slot; for a transaction that failed, too. */
  leave(claim: Claim): void {
    if (this.#running.get(claim.target) === claim) this.#running.delete(claim.target)
  }

  /**
   * Ends the work on a claim with what `work` writes and goes on with the instance's next messages, all or nothing.
   * Tries again while the disk is full or busy, as what has been computed is not thrown away. Never rejects: when
   * another process has taken over, nothing is written.
   */
  commit(claim: Claim, work: (outbox: Outbox) => Rest | undefined): Promise<void> {
    return this.#settle(claim, (outbox) => this.#goOn(claim, outbox, work(outbox)))
  }

  /** Ends the work on a claim that could not be done: its messages are handled again, later after each failure in a row. */
  postpone(claim: Claim, failures: number): Promise<void> {
    const { hub, now } = this.#options
    return this.#settle(claim, () => {
      const readyAt = now() + toPostponementMs(failures)
      hub.postpone(claim.target, readyAt)
      this.leave(claim)
      this.#retryAt = Math.min(this.#retryAt, readyAt)
    })
  }

  async #settle(claim: Claim, work: (outbox: Outbox) => void): Promise<void> {
    const { log } = this.#options
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#attempt(claim, work)
      } catch (error) {
        if (error instanceof FencedError || this.#stopping) return this.#giveUp(claim, error)
        log('error', `${claim.target}: cannot commit, trying again: ${toErrorMessage(error)}`)
        await delay(toPostponementMs(failures), undefined, { ref: false })
      }
    }
  }

  async #attempt(claim: Claim, work: (outbox: Outbox) => void): Promise<void> {
    const { hub, transact } = this.#options
    try {
      await transact((outbox) => {
        if (!hub.isHeld(claim)) throw new FencedError('fenced off, as another host has taken over')
        work(outbox)
      })
    } catch (error) {
      if (!this.#running.has(claim.target)) this.#running.set(claim.target, claim)
      throw error
    }
  }

  async #giveUp(claim: Claim, error: unknown): Promise<void> {
    this.leave(claim)
    this.#backlog = true
    const reason = error instanceof FencedError ? error.message : `not committed: ${toErrorMessage(error)}`
    this.#options.log('warning', `${claim.target}: ${reason}; its messages are handled again.`)
  }

  #goOn(claim: Claim, outbox: Outbox, rest: Rest | undefined): void {
    const { hub, lease, now } = this.#options
    const { target } = claim
    const isEmpty = hub.closeMailbox(target)
    const mayGoOn = !isEmpty && rest === undefined && !this.#backlog && !this.#stopping
    if (mayGoOn && hub.hasMessages(target, now())) {
      const next = lease.createClaim(target)
      hub.renew(next)
      this.#take(next, outbox)
      return
    }
    if (!isEmpty) this.#release(target, rest)
    this.#freeSlot(claim, outbox)
  }

  #release(target: string, rest: Rest | undefined): void {
    const { hub, now } = this.#options
    if (rest === 'waits') hub.releaseIdle(target)
    else this.#retryAt = Math.min(this.#retryAt, hub.release(target, now()))
  }

  /** Others may be waiting for a slot, and this instance has queued up behind them. */
  #freeSlot(claim: Claim, outbox: Outbox): void {
    this.leave(claim)
    if (this.#backlog) this.fill(outbox)
  }

  #reportUnknown(name: string): void {
    if (this.#reportedUnknown.has(name)) return
    this.#reportedUnknown.add(name)
    this.#options.log(
      'warning',
      `[would hang in Azure] Messages wait for the ${this.#options.worker.kind} function '${name}', which this app does not have. They are kept.`,
    )
  }
}

/** How long to wait after a failure that was preceded by `failures` others in a row. */
export function toPostponementMs(failures: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 20))
}
