import { httpActivityName } from '../../activities/http-activity.js'
import { toInstanceId } from '../../entities/entity-id.js'
import type { HistoryRow } from '../../hub/instance-table.js'
import type { Decision } from '../decision.js'
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

/** Names of messages about locks begin so; those of operations begin with an entity's id, and thus with `@`. */
export const lockPrefix = 'lock '
export const releasePrefix = 'release '

/** The type and name of the event that records a decision. */
export function toRecordKey(decision: Decision): { readonly type: number; readonly name: string } {
  switch (decision.kind) {
    case 'activity':
      return { type: eventTypes.taskScheduled, name: decision.name }
    case 'http':
      return { type: eventTypes.taskScheduled, name: httpActivityName }
    case 'subOrchestration':
      return { type: eventTypes.subOrchestrationCreated, name: decision.name }
    case 'timer':
      return { type: eventTypes.timerCreated, name: '' }
    case 'call':
    case 'signal':
      return { type: eventTypes.eventSent, name: toInstanceId(decision.entity) }
    case 'lock':
      return {
        type: eventTypes.eventSent,
        name: `${lockPrefix}${decision.entities.map(toInstanceId).join(' ')}`,
      }
    case 'release':
      return { type: eventTypes.eventSent, name: `${releasePrefix}${toInstanceId(decision.entity)}` }
  }
}

const recordTypes = new Set<number>([
  eventTypes.taskScheduled,
  eventTypes.subOrchestrationCreated,
  eventTypes.timerCreated,
  eventTypes.eventSent,
])

/** Whether an event records a decision. */
export function isDecisionRecord({ type }: HistoryRow): boolean {
  return recordTypes.has(type)
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
