/**
 * Passes on the abort of a signal, but not at once as long as it is held: whoever has sent a message is then given a moment
 * to hear what has become of it.
 */
export class LateAbort {
  readonly #controller = new AbortController()
  readonly #source: AbortSignal | undefined
  readonly #graceMs: number
  readonly #onAbort = () => this.#abort()
  #isHeld = true
  #timer: NodeJS.Timeout | undefined

  constructor(source: AbortSignal | undefined, graceMs: number) {
    this.#source = source
    this.#graceMs = graceMs
    source?.addEventListener('abort', this.#onAbort)
    if (source?.aborted) this.#abort()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From now on an abort is passed on at once, also one that has come before. */
  release(): void {
    this.#isHeld = false
    if (this.#source?.aborted) this.#pass()
  }

  /** Lets go of the source. */
  end(): void {
    clearTimeout(this.#timer)
    this.#source?.removeEventListener('abort', this.#onAbort)
  }

  #abort(): void {
    if (this.#isHeld) this.#timer = setTimeout(() => this.#pass(), this.#graceMs)
    else this.#pass()
  }

  #pass(): void {
    this.#controller.abort(this.#source?.reason)
  }
}
