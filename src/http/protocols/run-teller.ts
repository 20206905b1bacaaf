import type { StoredEvent } from '../../run/events.js'

/** Tells one run in the words of a dialect. What it tells follows from the run's events alone. */
export interface RunTeller<Frame> {
  /** The frames that tell the run's next event; often none. */
  take(event: StoredEvent): readonly Frame[]
  /** The frames that end what is told because the run waits for a human. */
  pause(): readonly Frame[]
  /** The frames that begin what follows a human's decision, to whom all before it was told. */
  resume(): readonly Frame[]
  /** The frames that end what is told although the run has not ended. */
  breakOff(why: BreakOff): readonly Frame[]
}

/** Why a run is not told to its end: the stream's time is up, or the run was deleted. */
export type BreakOff = 'unfinished' | 'deleted'
