import { onTestFinished, vi } from 'vitest'
import type {
  BindingInfo,
  FunctionDefinition,
  InvocationOutcome,
  InvocationRequest,
} from '../../../src/host/functions.js'
import type { MessageQueue, ReceivedMessage } from '../../../src/host/storage/message-queue.js'
import { QueueListener } from '../../../src/host/storage/queue-listener.js'
import { parseQueueSettings } from '../../../src/host/storage/queue-settings.js'

/** Stops the clock; {@link pass} moves it. */
export function stopClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
    now: Date.parse('2026-01-01T00:00:00Z'),
  })
  onTestFinished(() => void vi.useRealTimers())
}

/** Moves the clock on, letting happen what is due. */
export async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000)
}

interface StoredMessage {
  readonly id: string
  readonly text: string
  readonly insertedAt: Date
  dequeueCount: number
  visibleAt: number
  popReceipt: string
}

/** A queue in memory with the rules of the real service. */
export class MemoryQueue implements MessageQueue {
  readonly name: string
  /** Undefined while the queue does not exist. */
  messages: StoredMessage[] | undefined = []
  /** When set, every call rejects with it. */
  failure: Error | undefined
  receives = 0
  #receipts = 0

  constructor(name: string) {
    this.name = name
  }

  get texts(): readonly string[] {
    return (this.messages ?? []).map(({ text }) => text)
  }

  async receive(count: number, hiddenForMs: number): Promise<readonly ReceivedMessage[] | undefined> {
    this.receives += 1
    this.#check()
    const now = Date.now()
    return this.messages
      ?.filter(({ visibleAt }) => visibleAt <= now)
      .slice(0, count)
      .map((message) => {
        message.dequeueCount += 1
        return this.#hide(message, hiddenForMs)
      })
  }

  async hide(message: ReceivedMessage, forMs: number): Promise<ReceivedMessage | undefined> {
    this.#check()
    const stored = this.#find(message)
    return stored && this.#hide(stored, forMs)
  }

  async delete(message: ReceivedMessage): Promise<void> {
    this.#check()
    const stored = this.#find(message)
    this.messages = this.messages?.filter((each) => each !== stored)
  }

  async add(text: string): Promise<void> {
    this.#check()
    const id = `m${this.#receipts++}`
    this.messages ??= []
    this.messages.push({ id, text, insertedAt: new Date(), dequeueCount: 0, visibleAt: 0, popReceipt: '' })
  }

  #check(): void {
    if (this.failure !== undefined) throw this.failure
  }

  #find({ id, popReceipt }: ReceivedMessage): StoredMessage | undefined {
    return this.messages?.find((each) => each.id === id && each.popReceipt === popReceipt)
  }

  #hide(message: StoredMessage, forMs: number): ReceivedMessage {
    message.visibleAt = Date.now() + forMs
    message.popReceipt = `r${this.#receipts++}`
    const { id, text, insertedAt, dequeueCount, popReceipt } = message
    const expiresAt = new Date(insertedAt.getTime() + 7 * 86_400_000)
    return {
      id,
      text,
      insertedAt,
      dequeueCount,
      popReceipt,
      expiresAt,
      nextVisibleAt: new Date(message.visibleAt),
    }
  }
}

/** An invocation that waits for the test to say how it ends. */
export interface Run {
  readonly request: InvocationRequest
  /** The message's text, decoded. */
  readonly text: string
  succeed(): Promise<void>
  fail(): Promise<void>
}

/** A queue function whose runs the test ends, on a queue in memory; `settings` as in host.json. */
export function startListener(
  name: string,
  settings: Record<string, unknown> = {},
  queue = new MemoryQueue(name),
) {
  const runs: Run[] = []
  const logs: string[] = []
  const poisonQueue = new MemoryQueue(`${name}-poison`)
  poisonQueue.messages = undefined
  const trigger: BindingInfo = {
    type: 'queueTrigger',
    name: 'queueTrigger1',
    direction: 'in',
    queueName: name,
  }
  const definition: FunctionDefinition = { name: 'orders', trigger, bindings: { trigger }, disabled: false }
  const listener = new QueueListener({
    definition,
    queue,
    poisonQueue: name.endsWith('-poison') ? undefined : poisonQueue,
    settings: parseQueueSettings({ messageEncoding: 'none', newBatchThreshold: 8, ...settings }),
    log: (_, message) => void logs.push(message),
    invoker: {
      invoke: (_, request) =>
        new Promise((resolve) => {
          const end = async (outcome: InvocationOutcome): Promise<void> => {
            resolve(outcome)
            await pass(0)
          }
          runs.push({
            request,
            text: 'string' in request.input ? request.input.string : '',
            succeed: () => end({ succeeded: true, returnValue: undefined, outputs: {} }),
            fail: () => end({ succeeded: false, message: 'broken', stack: '', timedOut: false }),
          })
        }),
    },
  })
  listener.start()
  onTestFinished(async () => {
    const stopping = listener.stop(0)
    await pass(1)
    await stopping
  })
  return { listener, queue, poisonQueue, runs, logs }
}
