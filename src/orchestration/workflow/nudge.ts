import { type Clock, pause } from '../../core/clock.js'

/** Ends a pause early, for those who know that there is something to see. */
export class Nudge {
  #next = new AbortController()

  /** Ends the pause that is going on. */
  poke(): void {
    const poked = this.#next
    this.#next = new AbortController()
    poked.abort()
  }

  /** Waits for `ms` milliseconds, until the next {@link Nudge.poke}, or until the signal aborts; true when it was poked. */
  async pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    const { signal: poked } = this.#next
    await pause(clock, ms, AbortSignal.any([signal, poked]))
    return poked.aborted
  }
}
