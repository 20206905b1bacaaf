import { pause } from '../alarm.js'
import type { TriggerListener } from '../listen-for-each.js'
import type { ProcessLock } from '../process-lock.js'
import { withinGrace } from '../within-grace.js'
import type { BlobReceipts } from './blob-receipts.js'
import { ListenerFaults } from './listener-faults.js'
import { type BlobRunOptions, runBlob } from './run-blob.js'

export interface BlobListenerOptions extends BlobRunOptions {
  /** Held while this process is the one that runs the function. */
  readonly lock: ProcessLock
  /** Called when the lock is held. */
  readonly openReceipts: () => BlobReceipts
}

/** How long a look at the container is waited for after the last one; on Azure minutes may pass. */
const pollMs = 1_000
/** How often a process that does not run the function looks whether the one that does has ended. */
const takeoverMs = 500

/** Runs a blob function once for each version of each blob that its path means, in one of the processes on a data folder. */
export class BlobListener implements TriggerListener {
  readonly #options: BlobListenerOptions
  readonly #faults: ListenerFaults
  readonly #stopping = new AbortController()
  /** By blob name, so that one blob is worked on once at a time. */
  readonly #running = new Map<string, Promise<void>>()
  #polling: Promise<void> = Promise.resolve()

  constructor(options: BlobListenerOptions) {
    this.#options = options
    this.#faults = new ListenerFaults(options.definition.name, options.log)
  }

  /** Begins to look for blobs; a container that does not exist is waited for. */
  start(): void {
    this.#polling = this.#poll()
  }

  /** Begins no run any more and waits up to `graceMs` for those under way; what has not ended then runs again after the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    await withinGrace(this.#polling, graceMs)
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping
    let receipts: BlobReceipts | undefined
    while (!signal.aborted && receipts === undefined) {
      receipts = await this.#faults.attempt(async () => this.#takeOver())
      if (receipts === undefined) await pause(takeoverMs, signal)
    }
    if (receipts !== undefined) await this.#lookUntilStopped(receipts)
    await Promise.all(this.#running.values())
    receipts?.close()
    this.#options.lock.release()
  }

  /** Undefined while another process runs the function. */
  #takeOver(): BlobReceipts | undefined {
    const { lock, openReceipts } = this.#options
    return lock.tryTake() ? openReceipts() : undefined
  }

  async #lookUntilStopped(receipts: BlobReceipts): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const startedAt = Date.now()
      await this.#faults.attempt(() => this.#look(receipts))
      // A container that takes long to list is not listed more than half of the time.
      await pause(Math.max(pollMs, Date.now() - startedAt), signal)
    }
  }

  async #look(receipts: BlobReceipts): Promise<void> {
    const { blobs, pattern, settings } = this.#options
    for (const blob of await blobs.list(pattern.container, pattern.prefix)) {
      const parameters = pattern.match(blob.name)
      if (parameters === undefined || receipts.isDone(blob) || this.#running.has(blob.name)) continue
      while (this.#running.size >= settings.maxDegreeOfParallelism) await Promise.race(this.#running.values())
      if (this.#stopping.signal.aborted) break
      const run = runBlob(this.#options, { blob, parameters, receipts })
      this.#running.set(
        blob.name,
        run.finally(() => this.#running.delete(blob.name)),
      )
    }
  }
}
