import { WorkLimit } from '../../core/work-limit.js'
import type { RunSetup } from './run-context.js'

type ParkingSetup = Pick<RunSetup, 'clock' | 'limits'> & {
  readonly waiting: Pick<RunSetup['waiting'], 'left'>
}

/** Why a wait ended, when its run is to be parked. */
const parked = new Error('The run is parked.')

/** Ends the wait for an answer when its run is to be parked, but not before the answer can be come back to. */
export class ParkingLimit {
  readonly #setup: ParkingSetup
  readonly #parking = new AbortController()
  readonly #limit: WorkLimit
  readonly #park = () => this.#parking.abort(parked)
  #callOff: (() => void) | undefined

  constructor(setup: ParkingSetup, source: AbortSignal) {
    this.#setup = setup
    this.#limit = new WorkLimit([source, this.#parking.signal])
  }

  /** Aborts with the source, or when the run is to be parked. */
  get signal(): AbortSignal {
    return this.#limit.signal
  }

  /** True when the run is to be parked. */
  get isOver(): boolean {
    return this.signal.reason === parked
  }

  /** From now on the run may be parked. */
  begin(): void {
    const { clock, limits, waiting } = this.#setup
    waiting.left?.addEventListener('abort', this.#park)
    if (waiting.left?.aborted) this.#park()
    if (limits.parkAfter === undefined || this.#callOff !== undefined) return
    this.#callOff = clock.after(Math.max(0, limits.parkAfter - clock.now()), this.#park)
  }

  /** Lets go of the source, the followers and the timer. */
  end(): void {
    this.#callOff?.()
    this.#limit.end()
    this.#setup.waiting.left?.removeEventListener('abort', this.#park)
  }
}
