import type { RunSetup } from './run-context.js'

/** Ends the wait for an answer when its run is to be parked, but not before the answer can be come back to. */
export class ParkingLimit {
  readonly #controller = new AbortController()
  readonly #setup: Pick<RunSetup, 'clock' | 'limits'>
  readonly #source: AbortSignal
  readonly #onAbort = () => this.#controller.abort(this.#source.reason)
  #callOff: (() => void) | undefined
  #isOver = false

  constructor(setup: Pick<RunSetup, 'clock' | 'limits'>, source: AbortSignal) {
    this.#setup = setup
    this.#source = source
    source.addEventListener('abort', this.#onAbort)
    if (source.aborted) this.#onAbort()
  }

  /** Aborts with the source, or when the run is to be parked. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** True when the run is to be parked. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** From now on the run may be parked. */
  begin(): void {
    const { clock, limits } = this.#setup
    if (limits.parkAfter === undefined || this.#callOff !== undefined) return
    const leftMs = Math.max(0, limits.parkAfter - clock.now())
    this.#callOff = clock.after(leftMs, () => {
      if (this.signal.aborted) return
      this.#isOver = true
      this.#controller.abort(new Error('The run is parked.'))
    })
  }

  /** Lets go of the source and the timer. */
  end(): void {
    this.#callOff?.()
    this.#source.removeEventListener('abort', this.#onAbort)
  }
}
