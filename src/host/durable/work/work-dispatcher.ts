import { setImmediate as nextTurn } from 'node:timers/promises'
import { withinGrace } from '../../within-grace.js'
import type { HostLease } from '../hub/host-lease.js'
import type { Claim, MessageKind } from '../hub/hub-message.js'
import type { HubParts } from '../hub/hub-parts.js'
import { type Outbox, type Worker, WorkQueue } from './work-queue.js'

export interface WorkDispatcherOptions extends HubParts {
  readonly lease: HostLease
}

/**
 * Gives this process its work: one instance at a time per instance, several instances at a time per kind. A message is
 * stored and its receiver claimed in one transaction, and the commit of a piece of work claims the next one, so that
 * an entity operation costs two commits, one of them flushed, and no polling.
 */
export class WorkDispatcher {
  readonly #options: WorkDispatcherOptions
  readonly #queues = new Map<MessageKind, WorkQueue>()
  #onWork: () => void = () => {}
  #onIdle: (() => void) | undefined

  constructor(options: WorkDispatcherOptions) {
    this.#options = options
  }

  /** Has `listener` told whenever there is something to do. */
  onWork(listener: () => void): void {
    this.#onWork = listener
  }

  /** Adds a kind of work; each once, before anything is posted. */
  serve(worker: Worker): WorkQueue {
    const queue = new WorkQueue({ ...this.#options, worker, transact: (work) => this.#transact(work) })
    this.#queues.set(worker.kind, queue)
    return queue
  }

  /**
   * Does what somebody outside asked for; resolves when it is on disk. Rejects with what `work` throws, nothing is written
   * then. The work that it claims does not wait for the disk, but nobody is told of a message that is not there.
   */
  async transact<T>(work: (outbox: Outbox) => T): Promise<T> {
    const value = await this.#transact(work)
    // What has been begun goes first: while it waits for something outside, the disk costs nobody any time.
    await nextTurn()
    await this.#options.hub.settled()
    return value
  }

  /** Looks at what waits; gives the queues that can take some of it. */
  look(): readonly WorkQueue[] {
    return [...this.#queues.values()].filter((queue) => queue.look())
  }

  /** Takes waiting work, as far as there are free slots: that of other processes, and that whose time has come. */
  async takeWaiting(due = this.look()): Promise<void> {
    if (due.length === 0) return
    await this.#transact((outbox) => {
      for (const queue of due) queue.fill(outbox)
    })
  }

  /** True when something that had to wait for a certain time or a free slot may be taken now. */
  isDue(): boolean {
    for (const queue of this.#queues.values()) if (queue.isDue()) return true
    return false
  }

  /** Takes nothing new; resolves when nothing runs any more, or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    for (const queue of this.#queues.values()) queue.stop()
    if (this.#isIdle()) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    await withinGrace(idle, graceMs)
  }

  #isIdle(): boolean {
    for (const queue of this.#queues.values()) if (!queue.isIdle) return false
    return true
  }

  /**
   * Runs `work` as a transaction and then starts what it claimed. The end of a piece of work needs no flush: if it is
   * lost with the machine's power, its messages are handled again, as after any crash before it.
   */
  async #transact<T>(work: (outbox: Outbox) => T): Promise<T> {
    this.#onWork()
    const taken: [WorkQueue, Claim][] = []
    const outbox: Outbox = {
      post: (message) => this.#queues.get(message.kind)?.post(message, outbox),
      took: (queue, claim) => void taken.push([queue, claim]),
    }
    try {
      const transaction = () => {
        const value = work(outbox)
        return { value, starts: taken.map(([queue, claim]) => queue.begin(claim)) }
      }
      const { value, starts } = await this.#options.hub.run(transaction, { lazy: true })
      for (const start of starts) start()
      if (this.#onIdle && this.#isIdle()) this.#onIdle()
      return value
    } catch (error) {
      for (const [queue, claim] of taken) queue.leave(claim)
      for (const queue of this.#queues.values()) queue.lookSoon()
      throw error
    }
  }
}
