import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue'
import type { Emulators } from './emulators.js'
import type { MessageQueue, ReceivedMessage } from './message-queue.js'
import { openQueueService } from './queue-service.js'
import type { StorageConnection } from './storage-connection.js'
import { isGone, isRefused, toStorageError } from './storage-error.js'

export interface AzureQueueOptions {
  readonly name: string
  readonly connection: StorageConnection
  readonly emulators: Emulators
}

/** A queue of Azure Storage or of its emulator, which is started when it is asked for and does not run. */
export class AzureQueue implements MessageQueue {
  readonly #options: AzureQueueOptions
  #client: Promise<QueueClient> | undefined

  constructor(options: AzureQueueOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  async receive(count: number, hiddenForMs: number): Promise<readonly ReceivedMessage[] | undefined> {
    const limits = { numberOfMessages: count, visibilityTimeout: toSeconds(hiddenForMs) }
    const answer = await this.#call((client) => client.receiveMessages(limits), 'mayBeGone')
    return answer?.receivedMessageItems.map(toMessage)
  }

  async hide(message: ReceivedMessage, forMs: number): Promise<ReceivedMessage | undefined> {
    const { id, popReceipt } = message
    const answer = await this.#call(
      (client) => client.updateMessage(id, popReceipt, undefined, toSeconds(forMs)),
      'mayBeGone',
    )
    if (answer?.popReceipt === undefined) return undefined
    return {
      ...message,
      popReceipt: answer.popReceipt,
      nextVisibleAt: answer.nextVisibleOn ?? message.nextVisibleAt,
    }
  }

  async delete({ id, popReceipt }: ReceivedMessage): Promise<void> {
    await this.#call((client) => client.deleteMessage(id, popReceipt), 'mayBeGone')
  }

  async add(text: string): Promise<void> {
    const sent = await this.#call((client) => client.sendMessage(text), 'mayBeGone')
    if (sent !== undefined) return
    await this.#call((client) => client.createIfNotExists())
    await this.#call((client) => client.sendMessage(text))
  }

  /** Undefined when the queue or the message may be gone, and is. */
  async #call<T>(
    use: (client: QueueClient) => Promise<T>,
    whenGone: 'mayBeGone' | 'fails' = 'fails',
  ): Promise<T | undefined> {
    const { name, connection } = this.#options
    try {
      this.#client ??= this.#connect()
      return await use(await this.#client)
    } catch (error) {
      if (whenGone === 'mayBeGone' && isGone(error)) return undefined
      // The next call looks whether an emulator is there, and starts it where that is possible.
      if (isRefused(error)) this.#client = undefined
      throw toStorageError(`queue '${name}'`, connection, error)
    }
  }

  async #connect(): Promise<QueueClient> {
    const { name, connection, emulators } = this.#options
    try {
      await emulators.ensure(connection, 'queue')
      return (await openQueueService(connection)).getQueueClient(name)
    } catch (error) {
      this.#client = undefined
      throw error
    }
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
