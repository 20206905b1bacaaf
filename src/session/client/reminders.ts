import type { Clock } from '../../core/clock.js'

/** Does what was named at most once within a while, however often it is asked for. */
export class Reminders {
  readonly #pauseMs: number
  readonly #clock: Clock
  /** When each was given last; the oldest first. */
  readonly #given = new Map<string, number>()

  constructor(pauseMs: number, clock: Clock) {
    this.#pauseMs = pauseMs
    this.#clock = clock
  }

  /** @throws what `remind` throws; it is then done again for whoever asks next. */
  async give(name: string, remind: () => Promise<void>): Promise<void> {
    const now = this.#clock.now()
    this.#forgetUpTo(now - this.#pauseMs)
    if (this.#given.has(name)) return
    this.#given.set(name, now)
    try {
      await remind()
    } catch (error) {
      this.#given.delete(name)
      throw error
    }
  }

  /** Takes note of what was done just now without being asked for. */
  note(name: string): void {
    const now = this.#clock.now()
    this.#forgetUpTo(now - this.#pauseMs)
    this.#given.delete(name)
    this.#given.set(name, now)
  }

  #forgetUpTo(time: number): void {
    for (const [name, at] of this.#given) {
      if (at > time) return
      this.#given.delete(name)
    }
  }
}
