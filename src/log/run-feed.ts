/** Wakes those who wait for news of a run. */
export class RunFeed {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** How many are waiting. */
  get size(): number {
    return this.#waiting.size
  }

  /** Resolves at the next {@link notify} for `run`, or when the signal aborts. */
  next(run: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const waiters = this.#waiting.get(run) ?? new Set()
      this.#waiting.set(run, waiters)
      const done = () => {
        waiters.delete(done)
        if (waiters.size === 0 && this.#waiting.get(run) === waiters) this.#waiting.delete(run)
        signal.removeEventListener('abort', done)
        resolve()
      }
      waiters.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  notify(run: string): void {
    for (const done of [...(this.#waiting.get(run) ?? [])]) done()
  }

  notifyAll(): void {
    for (const run of [...this.#waiting.keys()]) this.notify(run)
  }
}
