import type { Operation, OperationName } from './operation.js'

/** How long to leave a store alone that does not get well by itself, before something is brought to it again; ms. */
const pauseMs = 15_000

/**
 * Puts an operation back into its entity's mailbox, after a pause: for what came with a signal, is known to nobody else, and
 * could not be written down. It goes round until the store takes it.
 */
export async function bringAgain(
  { context, clock }: Operation,
  operationName: OperationName,
  input: unknown,
): Promise<void> {
  await clock.sleep(pauseMs)
  context.df.signalEntity(context.df.entityId, operationName, input)
}
