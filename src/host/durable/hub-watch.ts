import { toErrorMessage } from '../../core/errors.js'
import type { DurableLog } from './durable-log.js'
import type { EntityDispatcher } from './entity-dispatcher.js'
import type { HostLease } from './host-lease.js'
import type { TaskHub } from './task-hub.js'

export interface HubWatchOptions {
  readonly hub: TaskHub
  readonly lease: HostLease
  readonly dispatcher: EntityDispatcher
  readonly log: DurableLog
}

/** Notices what other processes do on the hub, and what time has made due. */
export class HubWatch {
  readonly #options: HubWatchOptions
  readonly #timers: NodeJS.Timeout[] = []
  #looking = false

  constructor(options: HubWatchOptions) {
    this.#options = options
  }

  /** Looks every `pollMs` and shows life every `renewMs`, without keeping the process alive. */
  start({ pollMs, renewMs }: { readonly pollMs: number; readonly renewMs: number }): void {
    const { lease } = this.#options
    this.#timers.push(
      setInterval(() => void this.look(), pollMs).unref(),
      setInterval(() => void this.#try(() => lease.renew()), renewMs).unref(),
    )
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** One look: a few microseconds when there is nothing new. Never rejects. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    await this.#try(() => this.#look())
    this.#looking = false
  }

  async #look(): Promise<void> {
    const { hub, lease, dispatcher } = this.#options
    const changed = hub.hasForeignChanges()
    if (changed) lease.refresh()
    const freed = lease.hasDeadPeers() && (await lease.removeDeadHosts())
    if (changed || freed || dispatcher.isDue()) await dispatcher.takeWaiting()
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.log('warning', `The task hub could not be read or written: ${toErrorMessage(error)}`)
    }
  }
}
