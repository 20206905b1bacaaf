import type { RunKey } from './run-log.js'

/**
 * A run that works for a call of another one. It has a log of its own in the same session, named after both: so it is
 * resumed, and deleted, with that one.
 */
export function toInnerRun(outer: RunKey, callId: string): RunKey {
  return { ...outer, run: `${outer.run}/${callId}` }
}

/** Whether a run works for another one, through which it is found: no index lists it. */
export function isInnerRun({ run }: Pick<RunKey, 'run'>): boolean {
  return run.includes('/')
}

/** The run for which a run works, or for which the one works that it works for; `undefined` when it works for none. */
export function toOutermostRun({ run }: Pick<RunKey, 'run'>): string | undefined {
  return isInnerRun({ run }) ? run.slice(0, run.indexOf('/')) : undefined
}
