import type { RunKey } from '../run/run-log.js'

/** Wakes those who wait for news, each under the name of what it is about. */
export class RunFeed {
  readonly #waiting = new Map<string, Set<() => void>>()
  #isClosed = false

  /** How many are waiting. */
  get size(): number {
    return this.#waiting.size
  }

  /** Whether there will be no more news. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Resolves at the next {@link notify} for `name`, when the feed is closed, or when the signal aborts. */
  next(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#isClosed) return resolve()
      const waiters = this.#waiting.get(name) ?? new Set()
      this.#waiting.set(name, waiters)
      const done = () => {
        waiters.delete(done)
        if (waiters.size === 0 && this.#waiting.get(name) === waiters) this.#waiting.delete(name)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiters.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  notify(name: string): void {
    for (const done of [...(this.#waiting.get(name) ?? [])]) done()
  }

  notifyAll(): void {
    for (const name of [...this.#waiting.keys()]) this.notify(name)
  }

  /** Wakes everybody, and lets nobody wait any more. */
  close(): void {
    this.#isClosed = true
    this.notifyAll()
  }
}

/** The name under which followers of a run wait; another one for each run. */
export function toRunFeedName({ agent, session, run }: RunKey): string {
  return `${agent}\n${session}\n${run}`
}

/** The name under which those wait who watch the wishes about a run. */
export function toControlFeedName(key: RunKey): string {
  return `${toRunFeedName(key)}\ncontrols`
}
