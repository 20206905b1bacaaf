import { RequestError } from './request-error.js'

/** Waiting times between tries; ms. The last one holds for all that follow. */
const pausesMs: readonly number[] = [250, 500, 1000, 2000, 5000]

/** What of the world an outage needs. */
export interface OutageOptions {
  /** Resolves after so many milliseconds, or earlier when it is worth trying at once. @throws when nobody waits any more */
  readonly pause: (ms: number) => Promise<void>
  /** Told that the app is away, and that it is back. */
  readonly onChange: (isAway: boolean) => void
}

/** Whether an app is away; waits for it for as long as the page is open. */
export class Outage {
  readonly #options: OutageOptions
  #tries = 0

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** Waits until it is time to try again. @throws what went wrong when that does not pass by itself. */
  async wait(failure: unknown): Promise<void> {
    if (!(failure instanceof RequestError && failure.retryable)) throw failure
    this.#options.onChange(true)
    const pauseMs = pausesMs[Math.min(this.#tries, pausesMs.length - 1)] ?? 0
    this.#tries += 1
    await this.#options.pause(pauseMs)
  }

  /** Waits a little, though nothing went wrong. */
  rest(): Promise<void> {
    return this.#options.pause(pausesMs[0] ?? 0)
  }

  /** Says that the app answers. */
  end(): void {
    this.#tries = 0
    this.#options.onChange(false)
  }

  /** Asks until there is an answer. @throws as {@link Outage.wait}. */
  async outlast<T>(ask: () => Promise<T>): Promise<T> {
    while (true) {
      try {
        const answer = await ask()
        this.end()
        return answer
      } catch (error) {
        await this.wait(error)
      }
    }
  }
}
