import type { ConversationClient } from './conversation-client.js'
import type { Outage } from './outage.js'
import type { Outbox, UnsentMessage } from './outbox.js'
import { isLockedOut } from './request-error.js'

export interface SendMessageOptions {
  readonly client: Pick<ConversationClient, 'sendMessage'>
  /** Waits for the app, also when the conversation is no longer shown. */
  readonly delivery: Outage
  readonly outbox: Outbox
}

/**
 * Sends a message that is in the outbox until it has arrived, and takes it out then. When nobody is let in it stays:
 * whoever comes back with a key, or signed in, has it sent then.
 * @throws {RequestError} when it is refused
 */
export async function sendMessage(
  unsent: UnsentMessage,
  { client, delivery, outbox }: SendMessageOptions,
): Promise<void> {
  try {
    await delivery.outlast(() => client.sendMessage(unsent))
  } catch (error) {
    if (!isLockedOut(error)) outbox.remove(unsent.run)
    throw error
  }
  outbox.remove(unsent.run)
}
