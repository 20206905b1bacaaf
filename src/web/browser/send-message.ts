import type { ConversationClient } from './conversation-client.js'
import type { Outage } from './outage.js'
import type { Outbox, UnsentMessage } from './outbox.js'
import { isPutOff } from './request-error.js'

export interface SendMessageOptions {
  readonly client: Pick<ConversationClient, 'sendMessage'>
  /** Waits for the app, also when the conversation is no longer shown. */
  readonly delivery: Outage
  readonly outbox: Outbox
}

/**
 * Sends a message that is in the outbox until it has arrived, and takes it out then. When nobody is let in, or its sender has spent what they
 * may, it stays: whoever comes back with a key, signed in, or with more to spend, has it sent then.
 * @throws {RequestError} when it is refused
 */
export async function sendMessage(
  unsent: UnsentMessage,
  { client, delivery, outbox }: SendMessageOptions,
): Promise<void> {
  try {
    await delivery.outlast(() => client.sendMessage(unsent))
  } catch (error) {
    if (!isPutOff(error)) outbox.remove(unsent.run)
    throw error
  }
  outbox.remove(unsent.run)
}
