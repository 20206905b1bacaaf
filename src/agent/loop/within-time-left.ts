import { AgentError } from '../../core/errors.js'
import { raceAbort } from '../../core/race-abort.js'
import { WorkLimit } from '../../core/work-limit.js'
import type { RunSetup } from './run-context.js'

/**
 * Does what code of the agent's has to do for a run, within the time that is left for it; also when that code does not
 * listen to its signal. `who` says whose code it is, for the error.
 * @throws {AgentError} `budget_exhausted` or `internal` when the time runs out; the signal's reason when the run must stop.
 */
export async function withinTimeLeft<T>(
  context: RunSetup,
  who: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, controls, clock } = context
  const limit = new WorkLimit([signal, controls.stop], toStepTimeout(context), clock)
  try {
    return await raceAbort(work(limit.signal), limit.signal)
  } catch (cause) {
    if (!limit.timedOut) throw cause
    const { runEnd, hardEnd = Number.POSITIVE_INFINITY } = context.limits
    if (runEnd !== undefined && runEnd <= hardEnd) throw createRunEndError(context)
    const message = `${who} of agent "${context.agent.name}" did not finish within the time that was left for the run.`
    throw new AgentError('internal', message, { cause, retryable: true })
  } finally {
    limit.end()
  }
}

/** How long a step may take that begins now: the tightest of the limits, in ms; `undefined` when there is none. */
export function toStepTimeout(
  { limits: { hardEnd, runEnd }, clock }: RunSetup,
  ownMs?: number,
): number | undefined {
  const now = clock.now()
  const ends = [ownMs, hardEnd && hardEnd - now, runEnd && runEnd - now].filter(
    (limit) => limit !== undefined,
  )
  return ends.length === 0 ? undefined : Math.max(1, Math.min(...ends))
}

/** Gives a run up whose time is over. @throws {AgentError} `budget_exhausted`. */
export function checkRunEnd(setup: RunSetup): void {
  const { limits, clock } = setup
  if (limits.runEnd !== undefined && clock.now() >= limits.runEnd) throw createRunEndError(setup)
}

/** What a run fails with whose time is over. */
function createRunEndError({ agent }: RunSetup): AgentError {
  return new AgentError(
    'budget_exhausted',
    `The run took longer than agent "${agent.name}" allows (runTimeoutMs).`,
  )
}
