/** A message that this process has received, and that others do not see for a while. */
export interface ReceivedMessage {
  readonly id: string
  /** As stored, before any decoding. */
  readonly text: string
  /** 1 when it is received for the first time. */
  readonly dequeueCount: number
  readonly insertedAt: Date
  readonly expiresAt: Date
  /** When others would see it again. */
  readonly nextVisibleAt: Date
  /** What the queue asks for to change or delete it; each change gives a new one. */
  readonly popReceipt: string
}

/** A queue of a storage account. Every call rejects with `store_unavailable` when the service does not answer. */
export interface MessageQueue {
  readonly name: string
  /** Up to `count` (1-32) messages, hidden from others for so long; undefined when the queue does not exist. */
  receive(count: number, hiddenForMs: number): Promise<readonly ReceivedMessage[] | undefined>
  /** Hides it for so long from now on; gives it with its new receipt, undefined when it is no longer this process's. */
  hide(message: ReceivedMessage, forMs: number): Promise<ReceivedMessage | undefined>
  /** Deletes it; nothing happens when it is no longer this process's. */
  delete(message: ReceivedMessage): Promise<void>
  /** Adds a message, and the queue when there is none. */
  add(text: string): Promise<void>
}
