import type { HistoryRow } from '../../hub/instance-table.js'
import type { Decision } from '../decision.js'
import { toRecordKey } from '../history/decision-record.js'
import { eventTypes } from '../history/history-event.js'

/** An orchestrator asks for something else than its history says it did. */
export class NonDeterministicError extends Error {
  override readonly name = 'NonDeterministicError'

  /** @param what Half a sentence about the difference. */
  constructor(what: string) {
    super(
      `Non-Deterministic workflow detected: ${what}. Code of orchestrators must not change while instances run, and must take time, ids and everything outside from its context or from activities.`,
    )
  }
}

/** @throws {NonDeterministicError} when `recorded` is not how `decision` was recorded. */
export function checkRecorded(decision: Decision, recorded: HistoryRow): void {
  const { type, name } = toRecordKey(decision)
  if (recorded.type === type && recorded.name.toLowerCase() === name.toLowerCase()) return
  throw new NonDeterministicError(
    `task ${decision.number} was ${describe(recorded.type, recorded.name)} before and is ${describe(type, name)} now`,
  )
}

/**
 * Checks that each decision of the past was asked for again by the end of the past.
 * @param asked How many tasks were asked for by then.
 * @throws {NonDeterministicError} naming the first that was not.
 */
export function checkMissing(recorded: ReadonlyMap<number, HistoryRow>, asked: number): void {
  for (const [number, { name }] of recorded) {
    if (number < asked) continue
    throw new NonDeterministicError(
      `its history holds task ${number}${name === '' ? '' : ` ('${name}')`}, which it does not ask for now`,
    )
  }
}

function describe(type: number, name: string): string {
  switch (type) {
    case eventTypes.taskScheduled:
      return `the activity '${name}'`
    case eventTypes.subOrchestrationCreated:
      return `the sub-orchestration '${name}'`
    case eventTypes.timerCreated:
      return 'a timer'
    default:
      return `a message to an entity (${name})`
  }
}
