import { Outage } from './outage.js'
import { pause } from './pause.js'

/** The outages of a page's parts: each waits for the app by itself, and the page shows whether any of them does. */
export class Outages {
  readonly #onChange: () => void
  /** The parts that miss the app. */
  readonly #away = new Set<string>()

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Whether any part misses the app. */
  get isAway(): boolean {
    return this.#away.size > 0
  }

  /** The outage of a part; it waits no longer when the signal is aborted. */
  create(part: string, signal?: AbortSignal): Outage {
    signal?.addEventListener('abort', () => this.#away.delete(part))
    return new Outage({
      pause: (ms) => pause(ms, signal),
      onChange: (isAway) => {
        if (isAway && !signal?.aborted) this.#away.add(part)
        else if (!signal?.aborted) this.#away.delete(part)
        this.#onChange()
      },
    })
  }
}
