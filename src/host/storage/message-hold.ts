import type { MessageQueue, ReceivedMessage } from './message-queue.js'

/** How long a message that is being worked on stays hidden at a time (WebJobs: QueueProcessor). */
export const hiddenForMs = 10 * 60_000

export interface MessageHoldOptions {
  readonly queue: MessageQueue
  readonly message: ReceivedMessage
  /** Called when the message could not be kept hidden; it is tried again. */
  readonly onError: (error: unknown) => void
}

/** Keeps a received message hidden from others for as long as it is worked on. */
export class MessageHold {
  readonly #options: MessageHoldOptions
  readonly #timer: NodeJS.Timeout
  #message: ReceivedMessage
  #renewal: Promise<void> = Promise.resolve()

  constructor(options: MessageHoldOptions) {
    this.#options = options
    this.#message = options.message
    this.#timer = setInterval(() => {
      this.#renewal = this.#renew()
    }, hiddenForMs / 2).unref()
  }

  /** Hides it no longer than it is now; gives it with the receipt that is valid now. */
  async end(): Promise<ReceivedMessage> {
    clearInterval(this.#timer)
    await this.#renewal
    return this.#message
  }

  async #renew(): Promise<void> {
    const { queue, onError } = this.#options
    try {
      this.#message = (await queue.hide(this.#message, hiddenForMs)) ?? this.#message
    } catch (error) {
      onError(error)
    }
  }
}
