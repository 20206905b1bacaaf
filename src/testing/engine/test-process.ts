import type { Clock } from '../../core/clock.js'
import type { Boundary } from './boundary.js'
import type { VirtualClock } from './virtual-clock.js'

/** Something a process wants to do at a boundary, and waits to be allowed. */
export interface Crossing {
  readonly process: TestProcess
  /** `undefined` for news that reaches a process: nothing can go wrong there that does not elsewhere. */
  readonly boundary: Boundary | undefined
  readonly effect: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * One life of an app's process. Whatever it does to the outside goes through {@link TestProcess.cross}; once dead it gets
 * no answers any more, so that none of its code goes on.
 */
export class TestProcess {
  readonly number: number
  readonly clock: Clock
  /** Aborts when nobody can expect anything of this process any more: it died, or stands still. */
  readonly gone: AbortSignal
  /** Aborts when the process dies. */
  readonly death: AbortSignal
  readonly #gone = new AbortController()
  readonly #death = new AbortController()
  readonly #submit: (crossing: Crossing) => void
  #state: 'running' | 'frozen' | 'dead' = 'running'

  constructor(number: number, clock: VirtualClock, submit: (crossing: Crossing) => void) {
    this.number = number
    this.clock = clock.forProcess(() => this.isRunning)
    this.gone = this.#gone.signal
    this.death = this.#death.signal
    this.#submit = submit
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Does something to the outside when the engine lets it; never resolves once the process is dead. */
  cross<T>(boundary: Boundary | undefined, effect: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#submit({ process: this, boundary, effect, resolve: (value) => resolve(value as T), reject })
    })
  }

  freeze(): void {
    this.#state = 'frozen'
    this.#gone.abort()
  }

  thaw(): void {
    if (this.#state === 'frozen') this.#state = 'running'
  }

  die(): void {
    this.#state = 'dead'
    this.#gone.abort()
    this.#death.abort()
  }
}
