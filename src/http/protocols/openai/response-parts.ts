import { isTerminal, type RunEvent } from '../../../run/events.js'

/**
 * Counts the parts of a run, each of which is a response: one ends where the run begins to wait for a human. A run may
 * begin to wait again without anybody having decided anything; that ends no part.
 */
export class PartCounter {
  #part = 0
  #isDecided = true

  /** The part to which the next event belongs, from 0. */
  get part(): number {
    return this.#part
  }

  /** Takes the next event; true when it ends its part. */
  take(event: RunEvent): boolean {
    if (event.type === 'approval.decided') this.#isDecided = true
    if (isTerminal(event)) return true
    if (event.type !== 'run.parked' || event.data.reason !== 'approval' || !this.#isDecided) return false
    this.#part++
    this.#isDecided = false
    return true
  }
}

/** How many parts of a run have ended with a question to a human: the number of the present one. */
export function countParts(events: Iterable<RunEvent>): number {
  const counter = new PartCounter()
  for (const event of events) counter.take(event)
  return counter.part
}
