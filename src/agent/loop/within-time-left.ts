import { AgentError } from '../../core/errors.js'
import { raceAbort } from '../../core/race-abort.js'
import { WorkLimit } from '../../core/work-limit.js'
import { createRunEndError, type RunSetup, toStepTimeout } from './run-context.js'

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
  const limit = new WorkLimit([signal, controls.stop], toStepTimeout(context, undefined), clock)
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
