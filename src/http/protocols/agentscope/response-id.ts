import { findIdProblem, longestCorrelationId, longestSessionId } from '../../../core/find-id-problem.js'
import { createHexId } from '../../../core/hex-id.js'
import type { RunKey } from '../../../run/run-log.js'
import { toSessionOf } from '../../session-of-run.js'

/** A run of some session, its agent left open. */
export type RunPlace = Omit<RunKey, 'agent'>

const madeRun = /^response_[0-9a-f]{32}$/
const madeResponse = /^(response_[0-9a-f]{32})_([A-Za-z0-9_-]+)$/

/** The id of a run whose caller gave none. */
export function createRunId(): string {
  return `response_${createHexId()}`
}

/** Where to begin a run of which its caller has named something, or nothing. */
export function createRunPlace(
  session: string | undefined,
  run: string | undefined,
  owner: string | undefined,
): RunPlace {
  if (session !== undefined) return { session, run: run ?? createRunId() }
  if (run !== undefined) return { session: toSessionOf(run, owner), run }
  return { session: createHexId(), run: createRunId() }
}

/** A run's name as a response: what its caller has called it, else one that says which session it is in. */
export function toResponseId({ run, session }: RunPlace): string {
  return madeRun.test(run) ? `${run}_${Buffer.from(session).toString('base64url')}` : run
}

/** Where a response may be found, the likeliest place first. `session` is the one its caller names, if it does. */
export function toRunPlaces(
  responseId: string,
  session: string | undefined,
  owner: string | undefined,
): readonly RunPlace[] {
  const [, run, encoded] = madeResponse.exec(responseId) ?? []
  const named = { run: responseId, session: session ?? toSessionOf(responseId, owner) }
  const places =
    run === undefined || encoded === undefined
      ? [named]
      : [{ run, session: Buffer.from(encoded, 'base64url').toString() }, named]
  return places.filter(isPlace)
}

/** Security: what a caller has encoded becomes part of names in a store, as if it had been given plainly. */
function isPlace({ run, session }: RunPlace): boolean {
  return (
    findIdProblem(run, longestCorrelationId) === undefined &&
    findIdProblem(session, longestSessionId) === undefined
  )
}
