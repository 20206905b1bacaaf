import type { StoredEvent } from '../../run/events.js'

/** Tells one run in the words of a dialect. What it tells follows from the run's events alone. */
export interface RunTeller<Frame> {
  /** The frames that tell the run's next event; often none. */
  take(event: StoredEvent): readonly Frame[]
  /** The frames that end what is told because the run waits for a human or its caller. */
  pause(): readonly Frame[]
  /** The frames that begin what follows the answer of a reader, to whom all before it was told. */
  resume(): readonly Frame[]
  /** The frames that end what is told because the stream's time is up. */
  breakOff(): readonly Frame[]
}
