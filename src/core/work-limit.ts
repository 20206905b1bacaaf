import { type Clock, systemClock } from './clock.js'

/** Does `work` with a signal that aborts after `ms`. */
export async function withinMs<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new WorkLimit([], ms)
  try {
    return await work(limit.signal)
  } finally {
    limit.end()
  }
}

/**
 * Ends work when one of several signals aborts, or when its time is up. `AbortSignal.any` and `AbortSignal.timeout` do the
 * same and may be forgotten, for which they need the garbage collector; this has to be ended, and costs a fraction.
 *
 * @example
 * const limit = new WorkLimit([callerSignal], 10_000)
 * try {
 *   await fetch(url, { signal: limit.signal })
 * } finally {
 *   limit.end()
 * }
 */
export class WorkLimit {
  readonly #controller = new AbortController()
  readonly #sources: readonly AbortSignal[]
  readonly #callOff: (() => void) | undefined
  #timedOut = false

  /** `timeoutMs` counts from now on; none when absent. */
  constructor(sources: readonly AbortSignal[], timeoutMs?: number, clock: Clock = systemClock) {
    this.#sources = sources
    for (const source of sources) {
      if (source.aborted) this.#controller.abort(source.reason)
      else source.addEventListener('abort', this)
    }
    if (timeoutMs !== undefined) this.#callOff = clock.after(timeoutMs, () => this.#expire())
  }

  /** Aborts with the reason of the signal that aborted first, or with a `TimeoutError`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** True when it was the time that ended the work. */
  get timedOut(): boolean {
    return this.#timedOut
  }

  /** Lets go of signals and timer: {@link signal} stays as it is. */
  end(): void {
    this.#callOff?.()
    for (const source of this.#sources) source.removeEventListener('abort', this)
  }

  /** Listens to the signals (DOM: EventListener). */
  handleEvent({ target }: Event): void {
    this.#controller.abort((target as AbortSignal).reason)
  }

  #expire(): void {
    if (this.signal.aborted) return
    this.#timedOut = true
    this.#controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  }
}
