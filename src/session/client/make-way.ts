import type { RunOptions, RunRequest } from '../../run/events.js'
import { findOpenRuns } from '../../run/find-runs.js'
import type { RunKey, RunLog, SessionKey } from '../../run/run-log.js'
import type { OperationName } from '../entity/operation.js'

/** What makes way for a run. */
export interface WayMaking {
  readonly log: RunLog
  /** Sends an operation to a session's entity. */
  readonly signal: (key: SessionKey, operation: OperationName, input: unknown) => Promise<void>
}

/** Tells the runs that are still going on what a new message means for them. */
export async function makeWay(way: WayMaking, key: RunKey, { options, messages }: RunRequest): Promise<void> {
  if (options.onBusy !== 'steer') return stopOthers(way, key, options)
  const [first] = toEarlier(await readOpen(way.log, key), key.run)
  if (first === undefined) return
  await way.log.control({ ...key, run: first }, { type: 'steer', run: key.run, messages })
}

/** Stops the runs that are not to be waited for. Doing it twice is doing it once. */
export async function stopOthers(way: WayMaking, key: RunKey, options: RunOptions): Promise<void> {
  if (options.onBusy !== 'interrupt' && options.replaces === undefined) return
  for (const run of toStopped(await readOpen(way.log, key), key.run, options)) {
    await stopRun(way, { ...key, run }, 'A newer message took its place.')
  }
}

async function readOpen(log: RunLog, key: RunKey): Promise<readonly string[]> {
  return (await findOpenRuns(log, key)).map(({ run }) => run)
}

/** Why a run stops that somebody wants stopped, and says no more. */
export const callersReason = 'The caller asked for it.'

/** Files the wish that a run stop, and has it heard. Of several reasons the first one counts. */
export async function stopRun({ log, signal }: WayMaking, key: RunKey, reason: string): Promise<void> {
  await log.control(key, { type: 'cancel', reason })
  await signal(key, 'continue', { correlationId: key.run })
}

/**
 * Those of a session's open runs, in order of acceptance, that a new one stops: the newest first. Were the one that is being
 * executed stopped before the others, those that wait would be begun.
 */
export function toStopped(
  open: readonly string[],
  run: string,
  { onBusy, replaces }: RunOptions,
): readonly string[] {
  const earlier = toEarlier(open, run).toReversed()
  if (onBusy === 'interrupt') return earlier
  if (replaces === undefined) return []
  // One that has ended is followed by all that are open.
  const last = earlier.indexOf(replaces)
  return last === -1 ? earlier : earlier.slice(0, last + 1)
}

function toEarlier(open: readonly string[], run: string): readonly string[] {
  return open.slice(0, Math.max(0, open.indexOf(run)))
}
