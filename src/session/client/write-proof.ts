import type { Clock } from '../../core/clock.js'

export interface WriteProofOptions {
  /** A write that changes nothing; rejects when it cannot be made. */
  readonly write: () => Promise<void>
  /** How long one write that was made proves that another one can be. @default 5,000 */
  readonly validMs?: number
  readonly clock: Clock
}

/** Proves that a store takes writes, with as few of them as possible: whoever asks at the same time, or shortly after, shares one. */
export class WriteProof {
  readonly #write: () => Promise<void>
  readonly #validMs: number
  readonly #clock: Clock
  #validUntil = 0
  #pending: Promise<void> | undefined

  constructor({ write, validMs = 5_000, clock }: WriteProofOptions) {
    this.#write = write
    this.#validMs = validMs
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
    this.#validUntil = this.#clock.now() + this.#validMs
  }
}
