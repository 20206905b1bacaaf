import { toBackoffMs } from '../../core/backoff.js'
import { pause } from '../alarm.js'
import type { TriggerListener } from '../listen-for-each.js'
import { withinGrace } from '../within-grace.js'
import { ListenerFaults } from './listener-faults.js'
import { hiddenForMs } from './message-hold.js'
import type { ReceivedMessage } from './message-queue.js'
import { MessageRun, type MessageRunOptions } from './message-run.js'

/** The wait after the first poll that found nothing (WebJobs: queue polling intervals). */
const firstIdleMs = 100

/** Runs a queue function for the messages of its queue (WebJobs: QueueListener). */
export class QueueListener implements TriggerListener {
  readonly #options: MessageRunOptions
  readonly #faults: ListenerFaults
  readonly #stopping = new AbortController()
  readonly #runs = new Set<MessageRun>()
  #polling: Promise<void> = Promise.resolve()

  constructor(options: MessageRunOptions) {
    this.#options = options
    this.#faults = new ListenerFaults(options.definition.name, options.log)
  }

  /** Begins to poll; a queue that does not exist is waited for. */
  start(): void {
    this.#polling = this.#poll()
  }

  /** Takes no new messages, waits up to `graceMs` for the runs under way, and gives back what they have not finished. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    const ended = this.#polling.then(() => Promise.all([...this.#runs].map((run) => run.ended)))
    await withinGrace(ended, graceMs)
    await Promise.allSettled([...this.#runs].map((run) => run.giveBack()))
  }

  async #poll(): Promise<void> {
    const { newBatchThreshold, maxPollingIntervalMs } = this.#options.settings
    const { signal } = this.#stopping
    const idle = { firstMs: firstIdleMs, longestMs: maxPollingIntervalMs }
    for (let emptyPolls = 0; !signal.aborted; ) {
      const messages = await this.#receive()
      for (const message of messages) this.#begin(message)
      emptyPolls = messages.length > 0 ? 0 : emptyPolls + 1
      if (emptyPolls > 0) await pause(toBackoffMs(idle, emptyPolls), signal)
      while (this.#runs.size > newBatchThreshold && !signal.aborted) {
        await Promise.race([...this.#runs].map((run) => run.ended))
      }
    }
  }

  #begin(message: ReceivedMessage): void {
    const run = new MessageRun(this.#options, message)
    this.#runs.add(run)
    void run.ended.then(() => this.#runs.delete(run))
  }

  async #receive(): Promise<readonly ReceivedMessage[]> {
    const { queue, settings } = this.#options
    return (await this.#faults.attempt(() => queue.receive(settings.batchSize, hiddenForMs))) ?? []
  }
}
