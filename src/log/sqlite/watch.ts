import { RunFeed } from '../run-feed.js'

export interface SqliteWatchOptions {
  /** SQLite's counter of what other connections have committed (sqlite.org/pragma.html#pragma_data_version). */
  readonly readVersion: () => number | undefined
  /** Called as soon as that is seen, before anybody is woken. */
  readonly onForeignChange: () => void
  /** How often to look while somebody waits. */
  readonly pollIntervalMs: number
}

/**
 * Wakes those who wait for news of a run. What this process writes it is told; SQLite has no notifications between
 * processes, so for what others write it compares the file's change counter while somebody waits.
 */
export class SqliteWatch {
  readonly #options: SqliteWatchOptions
  readonly #feed = new RunFeed()
  #version: number | undefined
  #hasLooked = false
  #poll: NodeJS.Timeout | undefined

  constructor(options: SqliteWatchOptions) {
    this.#options = options
  }

  get isClosed(): boolean {
    return this.#feed.isClosed
  }

  /** Resolves at the next {@link notify} of that name, when another process has written or the watch is closed, or when the signal aborts. */
  next(name: string, signal: AbortSignal): Promise<void> {
    if (!this.isClosed) this.#poll ??= setInterval(() => this.#lookAgain(), this.#options.pollIntervalMs)
    return this.#feed.next(name, signal)
  }

  notify(name: string): void {
    this.#feed.notify(name)
  }

  notifyAll(): void {
    this.#feed.notifyAll()
  }

  /**
   * Sees whether another process has written since the last look. Once for all that is done before the event loop goes on:
   * until then nobody can have told this process of anything newer.
   */
  look(): void {
    if (this.#hasLooked) return
    this.#hasLooked = true
    process.nextTick(() => {
      this.#hasLooked = false
    })
    this.lookNow()
  }

  /** Inside a transaction: what it sees was written before it began, and may be newer than the last look. */
  lookNow(): void {
    const version = this.#readVersion()
    if (version !== undefined && version === this.#version) return
    this.#version = version
    this.#options.onForeignChange()
    this.#feed.notifyAll()
  }

  /** Wakes everybody, and looks no more. */
  close(): void {
    this.#rest()
    this.#feed.close()
  }

  #rest(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
  }

  #lookAgain(): void {
    this.lookNow()
    if (this.#feed.size === 0) this.#rest()
  }

  /** `undefined` when the file cannot be read: whoever waits then learns so from a look of their own. */
  #readVersion(): number | undefined {
    try {
      return this.#options.readVersion()
    } catch {
      return undefined
    }
  }
}
