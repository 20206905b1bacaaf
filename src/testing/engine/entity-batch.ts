import type { EntityContext, EntityHandler } from 'durable-functions'
import type { StoredState } from '../../session/state/stored-state.js'
import type { Observations } from './observations.js'
import type { Batch, EntityName, Message } from './task-hub.js'

/** A signal that an operation sent. */
export interface SentSignal {
  readonly target: EntityName
  readonly operation: string
  readonly input: unknown
}

export interface BatchResult {
  readonly signals: readonly SentSignal[]
  /** JSON text; `undefined` when the entity is gone. */
  readonly state: string | undefined
}

/**
 * Runs the operations of a batch one after the other, as durable-functions 3 does: a throw undoes nothing, signals are
 * gathered, and the state is kept as JSON.
 */
export async function runOperations(
  batch: Batch,
  handler: EntityHandler<StoredState>,
  observations: Observations,
): Promise<BatchResult> {
  const result = { signals: [] as SentSignal[], state: batch.state }
  for (const message of batch.messages) {
    const context = createContext(batch, message, result, observations)
    try {
      await handler(context)
    } catch (error) {
      observations.violations.push(`operation ${message.operation} threw: ${String(error)}`)
    }
  }
  return result
}

function createContext(
  { entity }: Batch,
  { operation, input }: Message,
  result: { signals: SentSignal[]; state: string | undefined },
  observations: Observations,
): EntityContext<StoredState> {
  const note = (text: unknown) => observations.errors.push(String(text))
  const df = {
    entityName: entity.name,
    entityKey: entity.key,
    entityId: { name: entity.name, key: entity.key },
    operationName: operation,
    isNewlyConstructed: result.state === undefined,
    getInput: () => (input === undefined ? undefined : JSON.parse(input)),
    getState: (create?: () => StoredState) =>
      result.state === undefined ? create?.() : JSON.parse(result.state),
    setState(state: StoredState) {
      result.state = JSON.stringify(state)
    },
    destructOnExit() {
      result.state = undefined
    },
    return() {},
    signalEntity(target: EntityName, name: string, value?: unknown) {
      result.signals.push({ target, operation: name, input: value })
    },
  }
  const silent = () => {}
  const context = { df, log: silent, trace: silent, debug: silent, info: silent, warn: note, error: note }
  return context as unknown as EntityContext<StoredState>
}
