import { AgentError } from '../../core/errors.js'
import type { ControlRecord } from '../../run/control.js'

/** The wishes about a run, as far as its executor knows them. */
export class RunControls {
  readonly #stop = new AbortController()
  #records: readonly ControlRecord[] = []

  /** All wishes, in the order they were written. */
  get records(): readonly ControlRecord[] {
    return this.#records
  }

  /** Aborts as soon as the run is to be cancelled. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** Why the run is to be cancelled; `undefined` when it is not. */
  get cancelReason(): string | undefined {
    return this.#records.find((record) => record.type === 'cancel')?.reason
  }

  /** Takes note of all wishes there are now. */
  update(records: readonly ControlRecord[]): void {
    this.#records = records
    if (this.cancelReason !== undefined)
      this.#stop.abort(new AgentError('run_cancelled', 'The run was cancelled.'))
  }
}
