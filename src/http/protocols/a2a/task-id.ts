import { findIdProblem, longestCorrelationId, longestSessionId } from '../../../core/find-id-problem.js'
import type { RunKey } from '../../../run/run-log.js'

/** A run of some session, its agent left open. */
export type TaskPlace = Omit<RunKey, 'agent'>

/** A run's name as a task, which says by itself where the run is: its session (base64url), a dot, and the run. */
export function toTaskId({ session, run }: TaskPlace): string {
  return `${Buffer.from(session).toString('base64url')}.${run}`
}

/** The run that a task's id names; `undefined` for text that is no such id. */
export function parseTaskId(taskId: string): TaskPlace | undefined {
  const [, encoded, run] = /^([A-Za-z0-9_-]+)\.(.+)$/s.exec(taskId) ?? []
  if (encoded === undefined || run === undefined) return undefined
  const session = Buffer.from(encoded, 'base64url').toString()
  // Security: what a caller has encoded becomes part of names in a store, as if it had been given plainly.
  const isPlace =
    findIdProblem(session, longestSessionId) === undefined &&
    findIdProblem(run, longestCorrelationId) === undefined
  return isPlace ? { session, run } : undefined
}
