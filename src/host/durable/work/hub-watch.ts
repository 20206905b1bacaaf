import { toErrorMessage } from '../../../core/errors.js'
import type { WorkDispatcher, WorkDispatcherOptions } from './work-dispatcher.js'

export interface HubWatchOptions extends Omit<WorkDispatcherOptions, 'now'> {
  readonly dispatcher: WorkDispatcher
}

/** How often to look for other processes' work, in milliseconds. */
const pollMs = 25
/** How often to look while there is nothing to do. */
const restingPollMs = 100
/** So many looks without anything to do, two seconds of them, and the watch rests. */
const looksBeforeRest = 80

/** Notices what other processes do on the hub, and what time has made due. */
export class HubWatch {
  readonly #options: HubWatchOptions
  #renewal: NodeJS.Timeout | undefined
  #nextLook: NodeJS.Timeout | undefined
  #looksLeft = looksBeforeRest
  #isStopped = false
  #look: Promise<void> | undefined
  /** True while something has changed that was not looked at yet: the hub tells of a change once. */
  #isBehind = false

  constructor(options: HubWatchOptions) {
    this.#options = options
  }

  /** Looks all the time and shows life every `renewMs`, without keeping the process alive. */
  start(renewMs: number): void {
    const { dispatcher, lease } = this.#options
    dispatcher.onWork(() => this.#stir())
    this.#lookLater()
    this.#renewal = setInterval(() => void this.#try(() => lease.renew()), renewMs).unref()
  }

  /** Resolves when nothing of it touches the hub any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#renewal)
    clearTimeout(this.#nextLook)
    await this.#look
  }

  #lookLater(): void {
    if (this.#isStopped) return
    const lookOn = () => void this.look().then(() => this.#lookLater())
    this.#nextLook = setTimeout(lookOn, this.#looksLeft > 0 ? pollMs : restingPollMs).unref()
    if (this.#looksLeft > 0) this.#looksLeft -= 1
  }

  /** What is done here may bring more to do soon. */
  #stir(): void {
    const wasResting = this.#looksLeft === 0
    this.#looksLeft = looksBeforeRest
    if (!wasResting || this.#look !== undefined) return
    clearTimeout(this.#nextLook)
    this.#lookLater()
  }

  /** One look: a few microseconds when there is nothing new; joins the one under way. Never rejects. */
  look(): Promise<void> {
    this.#look ??= this.#try(() => this.#takeDue()).finally(() => {
      this.#look = undefined
    })
    return this.#look
  }

  async #takeDue(): Promise<void> {
    const { hub, lease, dispatcher } = this.#options
    if (hub.hasForeignChanges()) this.#isBehind = true
    if (this.#isBehind) lease.refresh()
    if (lease.hasDeadPeers() && (await lease.removeDeadHosts())) this.#isBehind = true
    if (!this.#isBehind && !dispatcher.isDue()) return
    const due = dispatcher.look()
    this.#isBehind = false
    await dispatcher.takeWaiting(due)
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.log('warning', `The task hub could not be read or written: ${toErrorMessage(error)}`)
    }
  }
}
