import { toErrorMessage } from '../../core/errors.js'
import type { FunctionDefinition, FunctionInvoker } from '../functions.js'
import type { ExtensionLog } from '../host-extension.js'
import { MessageHold } from './message-hold.js'
import type { MessageQueue, ReceivedMessage } from './message-queue.js'
import { decodeMessage, toQueueMetadata } from './queue-message.js'
import type { QueueSettings } from './queue-settings.js'

/** What the runs of one queue function share. */
export interface MessageRunOptions {
  readonly definition: FunctionDefinition
  readonly invoker: FunctionInvoker
  readonly queue: MessageQueue
  /** Where messages go that failed too often; undefined when they stay where they are. */
  readonly poisonQueue: MessageQueue | undefined
  readonly settings: QueueSettings
  readonly log: ExtensionLog
}

/** One received message on its way through the function (WebJobs: QueueProcessor). */
export class MessageRun {
  /** Settles when the message is dealt with; never rejects. */
  readonly ended: Promise<void>
  readonly #options: MessageRunOptions
  readonly #hold: MessageHold
  #isGivenBack = false

  constructor(options: MessageRunOptions, message: ReceivedMessage) {
    const { queue, definition, log } = options
    this.#options = options
    const onError = (error: unknown): void =>
      log('warning', `A message of function '${definition.name}': ${toErrorMessage(error)}`)
    this.#hold = new MessageHold({ queue, message, onError })
    this.ended = this.#process(message).catch(onError)
  }

  /** Lets others have the message at once, whatever becomes of the run. */
  async giveBack(): Promise<void> {
    this.#isGivenBack = true
    await this.#options.queue.hide(await this.#hold.end(), 0)
  }

  async #process(message: ReceivedMessage): Promise<void> {
    const { queue, settings } = this.#options
    const isSpent = message.dequeueCount > settings.maxDequeueCount
    const succeeded = !isSpent && (await this.#run(message))
    if (this.#isGivenBack) return
    const held = await this.#hold.end()
    if (succeeded) await queue.delete(held)
    else await this.#handleFailure(held)
  }

  async #run(message: ReceivedMessage): Promise<boolean> {
    const { definition, invoker, queue, settings, log } = this.#options
    let text: string
    try {
      text = decodeMessage(message.text, settings.messageEncoding)
    } catch (error) {
      log('error', `Function '${definition.name}', message ${message.id}: ${toErrorMessage(error)}`)
      return false
    }
    const outcome = await invoker.invoke(definition, {
      input: { string: text },
      triggerMetadata: toQueueMetadata(message, text),
      reason: `New queue message detected on '${queue.name}'.`,
    })
    return outcome.succeeded
  }

  async #handleFailure(message: ReceivedMessage): Promise<void> {
    const { queue, poisonQueue, settings, log } = this.#options
    const { maxDequeueCount, visibilityTimeoutMs } = settings
    if (poisonQueue === undefined) return
    if (message.dequeueCount < maxDequeueCount) {
      await queue.hide(message, visibilityTimeoutMs)
      return
    }
    log(
      'warning',
      `Message has reached MaxDequeueCount of ${maxDequeueCount}. Moving message to queue '${poisonQueue.name}'.`,
    )
    await poisonQueue.add(message.text)
    await queue.delete(message)
  }
}
