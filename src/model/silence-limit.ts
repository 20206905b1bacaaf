import { AgentError } from '../core/errors.js'

/** Ends a call when its caller aborts it, or when the other side is silent for too long. */
export class SilenceLimit {
  /** Aborts for either reason; its `reason` is the caller's, or an {@link AgentError} `model_timeout`. */
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #timeoutMs: number

  constructor(timeoutMs: number, callerSignal: AbortSignal | undefined) {
    const own = this.#controller.signal
    this.signal = callerSignal === undefined ? own : AbortSignal.any([own, callerSignal])
    this.#timeoutMs = timeoutMs
  }

  /** Waits for the other side's next sign of life. @throws the signal's reason when it is aborted first. */
  async wait<T>(pending: PromiseLike<T>): Promise<T> {
    const { signal } = this
    let stop = () => {}
    const aborted = new Promise<never>((_resolve, reject) => {
      stop = () => reject(signal.reason)
    })
    const timer = setTimeout(() => this.#expire(), this.#timeoutMs)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      return await Promise.race([aborted, pending])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }

  #expire(): void {
    const message = `The model server was silent for ${this.#timeoutMs} ms.`
    this.#controller.abort(new AgentError('model_timeout', message, { retryable: true }))
  }
}
