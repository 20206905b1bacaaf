import { toBackoffMs } from '../core/backoff.js'
import type { Clock } from '../core/clock.js'
import { AgentError, toErrorMessage } from '../core/errors.js'

const backoff = { firstMs: 250, longestMs: 5_000 }

export interface OutageOptions {
  readonly clock: Clock
  /** How long an app may be away before it is given up; ms. @default 120,000 */
  readonly patienceMs?: number | undefined
  /** Told a line when the app goes away, and when it is back. */
  readonly onNotice?: ((line: string) => void) | undefined
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
}

/** Whether and since when an app is away; waits for it. */
export class Outage {
  readonly #options: OutageOptions
  #since: number | undefined
  #tries = 0

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /**
   * Waits until it is time to try again, each time a little longer.
   * @throws what went wrong when that does not pass by itself; {@link AgentError} when the app was away for too long.
   */
  async wait(failure: unknown): Promise<void> {
    if (!(failure instanceof AgentError && failure.retryable)) throw failure
    const { clock, onNotice, patienceMs = 120_000, signal } = this.#options
    if (this.#since === undefined) {
      this.#since = clock.now()
      onNotice?.(`${failure.message} Trying again for up to ${patienceMs / 1000} seconds …`)
    }
    if (clock.now() - this.#since >= patienceMs) {
      const message = `The app has been away for ${patienceMs / 1000} seconds: ${toErrorMessage(failure)}`
      throw new AgentError('store_unavailable', message, { cause: failure })
    }
    this.#tries += 1
    await clock.sleep(failure.retryAfterMs ?? toBackoffMs(backoff, this.#tries), signal)
  }

  /** Says that the app answers. */
  end(): void {
    if (this.#since !== undefined) this.#options.onNotice?.('Connected again.')
    this.#since = undefined
    this.#tries = 0
  }
}

/** Asks until there is an answer. @throws as {@link Outage.wait}. */
export async function outlast<T>(options: OutageOptions, ask: () => Promise<T>): Promise<T> {
  const outage = new Outage(options)
  while (true) {
    try {
      const answer = await ask()
      outage.end()
      return answer
    } catch (error) {
      await outage.wait(error)
    }
  }
}
