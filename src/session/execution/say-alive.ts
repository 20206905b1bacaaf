import type { Clock } from '../../core/clock.js'
import type { RunJournal } from '../../run/run-journal.js'

/** How often it is looked whether there was anything to tell; ms. Twice that is well below what counts as dead. */
const lookMs = 5_000

/**
 * Lets the log of a run move while a model thinks or a tool works, until `until` (ms since 1970), so that nobody takes the run
 * for one that nobody works on; an executor that was fenced off learns of it. Returns what ends that.
 */
export function sayAlive(journal: RunJournal, clock: Clock, until: number | undefined): () => void {
  let callOff = () => {}
  const lookAfter = (before: number) => {
    callOff = clock.after(lookMs, () => {
      if (until !== undefined && clock.now() >= until) return
      const { next, outcome, parked } = journal.state
      if (outcome !== undefined || parked !== undefined) return
      if (next === before) journal.record({ type: 'run.alive', data: {} })
      lookAfter(journal.state.next)
    })
  }
  lookAfter(journal.state.next)
  return () => callOff()
}
