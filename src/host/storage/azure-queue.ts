import { createRequire } from 'node:module'
import type { DequeuedMessageItem, QueueServiceClient } from '@azure/storage-queue'
import { createMissingPeerError } from '../../core/import-peer.js'
import type { Emulators } from './emulators.js'
import type { MessageQueue, ReceivedMessage } from './message-queue.js'
import { openService } from './open-service.js'
import type { StorageConnection } from './storage-connection.js'
import { StorageLink } from './storage-link.js'

const packageName = '@azure/storage-queue'

/**
 * Makes sure that the package for queues is there, without loading it.
 * @throws {AgentError} `invalid_configuration`, saying what to install.
 */
export function requireQueuePackage(
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): void {
  try {
    resolve(packageName)
  } catch (cause) {
    throw createMissingPeerError('A queue trigger or output', packageName, cause)
  }
}

export interface AzureQueueOptions {
  readonly name: string
  readonly connection: StorageConnection
  readonly emulators: Emulators
}

/** A queue of Azure Storage or of its emulator. */
export class AzureQueue implements MessageQueue {
  readonly name: string
  readonly #link: StorageLink<QueueServiceClient>

  constructor({ name, connection, emulators }: AzureQueueOptions) {
    this.name = name
    const what = `queue '${name}'`
    const open = async () => {
      const { QueueServiceClient } = await import('@azure/storage-queue')
      return openService(QueueServiceClient, connection, 'queue')
    }
    this.#link = new StorageLink({ connection, service: 'queue', what, emulators, open })
  }

  async receive(count: number, hiddenForMs: number): Promise<readonly ReceivedMessage[] | undefined> {
    const limits = { numberOfMessages: count, visibilityTimeout: toSeconds(hiddenForMs) }
    const answer = await this.#link.find((service) => this.#open(service).receiveMessages(limits))
    return answer?.receivedMessageItems.map(toMessage)
  }

  async hide(message: ReceivedMessage, forMs: number): Promise<ReceivedMessage | undefined> {
    const { id, popReceipt: old } = message
    const answer = await this.#link.find((service) =>
      this.#open(service).updateMessage(id, old, undefined, toSeconds(forMs)),
    )
    if (answer?.popReceipt === undefined) return undefined
    const { popReceipt, nextVisibleOn = message.nextVisibleAt } = answer
    return { ...message, popReceipt, nextVisibleAt: nextVisibleOn }
  }

  async delete({ id, popReceipt }: ReceivedMessage): Promise<void> {
    await this.#link.find((service) => this.#open(service).deleteMessage(id, popReceipt))
  }

  async add(text: string): Promise<void> {
    await this.#link.useOrMake(
      (service) => this.#open(service).sendMessage(text),
      (service) => this.#open(service).createIfNotExists(),
    )
  }

  #open(service: QueueServiceClient) {
    return service.getQueueClient(this.name)
  }
}

function toMessage(item: DequeuedMessageItem): ReceivedMessage {
  return {
    id: item.messageId,
    text: item.messageText,
    dequeueCount: item.dequeueCount,
    insertedAt: item.insertedOn,
    expiresAt: item.expiresOn,
    nextVisibleAt: item.nextVisibleOn,
    popReceipt: item.popReceipt,
  }
}

function toSeconds(ms: number): number {
  return Math.ceil(ms / 1000)
}
