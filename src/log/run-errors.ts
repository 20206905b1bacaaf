import { AgentError, FencedError, hasCode } from '../core/errors.js'
import type { RunKey } from '../run/run-log.js'

/** Where an append expected a log to end, and where it does. */
export interface Fencing {
  readonly expected: number
  /** `undefined` when the run is no more. */
  readonly next: number | undefined
}

/** What an append fails with that another executor, or a deletion, was faster than. */
export function createFencedError({ run, session }: RunKey, { expected, next }: Fencing): FencedError {
  const name = `Run ${run} of session ${session}`
  if (next === undefined) return new FencedError(`${name} was deleted.`, false)
  const message = `${name} went on elsewhere: its log ends at ${next}, not ${expected}.`
  return new FencedError(message, next > expected)
}

/** What a wish about a run fails with that there is not. */
export function createMissingRunError({ run }: RunKey): AgentError {
  return new AgentError('not_found', `There is no run "${run}".`)
}

/** For what only repeats, where runs are found, what the log of one says: the log counts. @throws what else it fails with. */
export function ignoreUnavailable(error: unknown): void {
  if (!hasCode(error, 'store_unavailable')) throw error
}
