import type { RunKey } from './run-log.js'

/**
 * A message that is to be sent later waits as a run of its own, `/<run>`, beside those of its session: no run can have that name, no list
 * of runs has it, so that nothing waits for it, and it is deleted with its session.
 */
export function toScheduledRun(key: RunKey): RunKey {
  return { ...key, run: `/${key.run}` }
}

export function isScheduledRun({ run }: Pick<RunKey, 'run'>): boolean {
  return run.startsWith('/')
}

/** The run that a message becomes that waits under this name. */
export function toSentRun(name: string): string {
  return name.slice(1)
}
