import { toInstanceId } from '../entity-id.js'
import type { HistoryRow } from '../instance-table.js'
import type { Decision } from './decision.js'
import { eventTypes } from './history-event.js'

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

/** What the platform calls the activity that performs HTTP requests of orchestrators. */
export const httpActivityName = 'BuiltIn::HttpActivity'

/** @throws {NonDeterministicError} when `recorded` is not how `decision` was recorded. */
export function checkRecorded(decision: Decision, recorded: HistoryRow): void {
  const { type, name } = toRecordKey(decision)
  if (recorded.type === type && recorded.name.toLowerCase() === name.toLowerCase()) return
  throw new NonDeterministicError(
    `task ${decision.number} was ${describe(recorded.type, recorded.name)} before and is ${describe(type, name)} now`,
  )
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
