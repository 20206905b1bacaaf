import type { Clock } from '../../core/clock.js'
import type { RunDrive } from './run-drive.js'

/** How long callbacks that do not return are waited for; ms. */
const drainLimitMs = 10_000

/** Runs callbacks one after the other, beside the run: they can delay neither its steps nor its outcome, nor break it. */
export class CallbackQueue {
  readonly #onError: (error: unknown) => void
  readonly #clock: Clock
  /** Settles with the last callback; absent when there was none. */
  #tail: Promise<void> | undefined

  constructor({ onError, clock }: Pick<RunDrive, 'onError' | 'clock'>) {
    this.#clock = clock
    this.#onError = onError
  }

  add(callback: () => void | Promise<void>): void {
    this.#tail = (this.#tail ?? Promise.resolve()).then(callback).catch((error) => this.#onError(error))
  }

  /** Resolves when all callbacks have returned, or after the limit, and says so. */
  async drain(): Promise<void> {
    if (this.#tail === undefined) return
    const limit = new AbortController()
    const timeout = this.#clock.sleep(drainLimitMs, limit.signal)
    const isLate = timeout.then(
      () => true,
      () => false,
    )
    if (await Promise.race([this.#tail.then(() => false), isLate])) this.#onError(createLateError())
    limit.abort()
  }
}

function createLateError(): Error {
  return new Error(
    `A callback has not returned within ${drainLimitMs} ms after its run. It is waited for no longer, and those behind it may never be called.`,
  )
}
