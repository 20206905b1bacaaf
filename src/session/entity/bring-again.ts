import { hasCode } from '../../core/errors.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import { type Operation, type OperationName, toPatience } from './operation.js'

/** How long to leave a store alone that does not get well by itself, before something is brought to it again; ms. */
const pauseMs = 15_000

/**
 * Writes down what came with a signal, and is known to nobody else. When the store does not take it, the operation goes back into
 * its entity's mailbox, after a pause: it goes round until the store does.
 */
export async function writeOrBringAgain<T>(
  operation: Operation,
  name: OperationName,
  input: unknown,
  write: () => Promise<T>,
): Promise<T> {
  const { context, clock } = operation
  try {
    return await outlastFailures(toPatience(operation), write)
  } catch (error) {
    if (hasCode(error, 'store_unavailable')) {
      await clock.sleep(pauseMs)
      context.df.signalEntity(context.df.entityId, name, input)
    }
    throw error
  }
}
