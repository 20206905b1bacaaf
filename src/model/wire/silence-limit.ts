import { AgentError } from '../../core/errors.js'

/** Ends a call when its caller aborts it, or when the other side is silent for too long. It has to be ended itself. */
export class SilenceLimit {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  readonly #caller: AbortSignal | undefined
  readonly #onCallerAbort = () => this.#abort(this.#caller?.reason)
  /** One for all waits, as a call may have thousands. It may run out between two, which means nothing. */
  #timer: NodeJS.Timeout | undefined
  /** Fails the wait that is going on. */
  #fail: ((reason: unknown) => void) | undefined

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#caller = caller
    caller?.addEventListener('abort', this.#onCallerAbort)
    if (caller?.aborted) this.#onCallerAbort()
  }

  /** Aborts for either reason; its `reason` is the caller's, or an {@link AgentError} `model_timeout`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Waits for the other side's next sign of life, one wait at a time. @throws the signal's reason when it is aborted first. */
  async wait<T>(pending: PromiseLike<T>): Promise<T> {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#expire(), this.#timeoutMs)
    else this.#timer.refresh()
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#fail = reject
        pending.then(resolve, reject)
        if (this.signal.aborted) reject(this.signal.reason)
      })
    } finally {
      this.#fail = undefined
    }
  }

  /** Lets go of the timer and of the caller's signal. */
  end(): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#onCallerAbort)
  }

  #expire(): void {
    if (this.#fail === undefined) return
    const message = `The model server was silent for ${this.#timeoutMs} ms.`
    this.#abort(new AgentError('model_timeout', message, { retryable: true }))
  }

  #abort(reason: unknown): void {
    this.#controller.abort(reason)
    this.#fail?.(reason)
  }
}

/** Everything that comes, until the other side is silent for too long. @throws the limit's reason. */
export function readUntilSilent<T>(source: AsyncIterable<T>, limit: SilenceLimit): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]()
  const end = async (): Promise<IteratorResult<T>> => {
    await iterator.return?.()
    return { value: undefined, done: true }
  }
  // No generator, as it would cost each event a few promises more. Who iterates ends only what has not failed.
  const next = async () => {
    try {
      return await limit.wait(iterator.next())
    } catch (error) {
      await end()
      throw error
    }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) }
}
