import type { TypedData } from '../../functions.js'
import { isObject, type UncheckedObject } from '../../unchecked-object.js'
import type { EntityRecord } from '../hub/entity-table.js'
import type { ClaimedBatch } from '../hub/hub-message.js'
import { type EntityId, toEntityId } from './entity-id.js'

/** What an entity function answered to a batch, checked. */
export interface EntityAnswer {
  /** State after the whole batch. */
  readonly state: EntityRecord
  /** One per operation, in their order. */
  readonly results: readonly OperationResult[]
  /** To be sent after the commit, in this order. */
  readonly signals: readonly OutgoingSignal[]
}

export interface OperationResult {
  readonly isError: boolean
  /** JSON text; `null` when the operation returned nothing. */
  readonly result: string | null
}

export interface OutgoingSignal {
  readonly target: EntityId
  readonly operation: string
  /** JSON text; `null` when there is no input. */
  readonly input: string | null
}

/** The trigger value of an entity function: JSON text of the batch and the state that it starts from. */
export function toEntityTrigger(entity: EntityId, batch: ClaimedBatch): TypedData {
  const operations = batch.messages.map(({ id, name, input, isSignal }) => ({ name, input, isSignal, id }))
  const { exists, state } = batch.state
  return { string: JSON.stringify({ self: entity, exists, state, batch: operations }) }
}

/**
 * Reads an entity function's return value.
 * @throws {Error} when it is not an answer to `operationCount` operations.
 */
export function parseEntityAnswer(value: TypedData | null | undefined, operationCount: number): EntityAnswer {
  const answer = asObject(parseJson(value), 'The entity function did not return a batch answer')
  const results = asArray(answer.results, 'results').slice(0, operationCount).map(parseResult)
  if (results.length < operationCount) {
    throw new Error(`The entity function answered ${results.length} of ${operationCount} operations.`)
  }
  return {
    state: parseState(answer),
    results,
    signals: asArray(answer.signals ?? [], 'signals').map(parseSignal),
  }
}

function parseJson(value: TypedData | null | undefined): unknown {
  if (value && 'json' in value) return JSON.parse(value.json)
  if (value && 'string' in value) return JSON.parse(value.string)
  return undefined
}

function parseState(answer: UncheckedObject): EntityRecord {
  if (answer.entityExists !== true) return { exists: false, state: null }
  return { exists: true, state: asText(answer.entityState, 'entityState') }
}

function parseResult(value: unknown): OperationResult {
  const result = asObject(value, 'An operation result is not an object')
  return { isError: result.isError === true, result: asText(result.result, 'results[].result') }
}

function parseSignal(value: unknown): OutgoingSignal {
  const signal = asObject(value, 'A signal is not an object')
  const target = asObject(signal.target, 'A signal has no target')
  const { name, key } = target
  if (typeof name !== 'string' || typeof key !== 'string' || typeof signal.name !== 'string') {
    throw new Error('A signal lacks the name or key of its target, or the operation.')
  }
  // The client library writes "no input" as an empty text.
  const input = asText(signal.input, 'signals[].input')
  return { target: toEntityId(name, key), operation: signal.name, input: input === '' ? null : input }
}

function asObject(value: unknown, complaint: string): UncheckedObject {
  if (isObject(value)) return value
  throw new Error(`${complaint}.`)
}

function asArray(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`The entity function's answer has no list '${name}'.`)
  return value
}

function asText(value: unknown, name: string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string')
    throw new Error(`'${name}' in the entity function's answer must be JSON text.`)
  return value
}
