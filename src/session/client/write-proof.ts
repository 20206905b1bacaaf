import type { Clock } from '../../core/clock.js'

/** How long one write that was made proves that another one can be; ms. */
const validMs = 5_000

/** Proves that a store takes writes, with as few of them as possible: whoever asks at the same time, or shortly after, shares one. */
export class WriteProof {
  readonly #write: () => Promise<void>
  readonly #clock: Clock
  #validUntil = 0
  #pending: Promise<void> | undefined

  /** `write` changes nothing, and rejects when it cannot be made. */
  constructor(write: () => Promise<void>, clock: Clock) {
    this.#write = write
    this.#clock = clock
  }

  /** Resolves when a write was made lately; a failure is never remembered. @throws why it cannot be made. */
  async give(): Promise<void> {
    if (this.#clock.now() < this.#validUntil) return
    this.#pending ??= this.#try().finally(() => {
      this.#pending = undefined
    })
    await this.#pending
  }

  async #try(): Promise<void> {
    await this.#write()
    this.#validUntil = this.#clock.now() + validMs
  }
}
