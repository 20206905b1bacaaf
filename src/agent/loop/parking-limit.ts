import type { RunSetup } from './run-context.js'

type ParkingSetup = Pick<RunSetup, 'clock' | 'limits'> & {
  readonly waiting: Pick<RunSetup['waiting'], 'left'>
}

/** Ends the wait for an answer when its run is to be parked, but not before the answer can be come back to. */
export class ParkingLimit {
  readonly #controller = new AbortController()
  readonly #setup: ParkingSetup
  readonly #source: AbortSignal
  readonly #onAbort = () => this.#controller.abort(this.#source.reason)
  readonly #onLeft = () => this.#park()
  #callOff: (() => void) | undefined
  #isOver = false

  constructor(setup: ParkingSetup, source: AbortSignal) {
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
    const { clock, limits, waiting } = this.#setup
    waiting.left?.addEventListener('abort', this.#onLeft)
    if (waiting.left?.aborted) this.#park()
    if (limits.parkAfter === undefined || this.#callOff !== undefined) return
    const leftMs = Math.max(0, limits.parkAfter - clock.now())
    this.#callOff = clock.after(leftMs, () => this.#park())
  }

  /** Lets go of the source, the followers and the timer. */
  end(): void {
    this.#callOff?.()
    this.#source.removeEventListener('abort', this.#onAbort)
    this.#setup.waiting.left?.removeEventListener('abort', this.#onLeft)
  }

  #park(): void {
    if (this.signal.aborted) return
    this.#isOver = true
    this.#controller.abort(new Error('The run is parked.'))
  }
}
