import type { Clock } from '../../core/clock.js'

interface Wait {
  readonly at: number
  readonly type: 'sleep' | 'timeout'
  /** False while the process that waits stands still or is dead: its timers then do not fire. */
  readonly isRunning: () => boolean
  /** Whether it is part of the app, not of the script. */
  readonly isOfProcess: boolean
  readonly end: () => void
}

type Waiter = Pick<Wait, 'isRunning' | 'isOfProcess'>

const outside: Waiter = { isRunning: () => true, isOfProcess: false }

/** What the clock would do next; see {@link VirtualClock.next}. */
export type NextWait = Pick<Wait, 'at' | 'type'>

/** A clock that stands still until it is told to go on: hours of waiting take no time at all. */
export class VirtualClock implements Clock {
  readonly #waits = new Set<Wait>()
  #now: number

  /** @param startMs what time it is at first; ms since 1970 */
  constructor(startMs = Date.UTC(2030, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#sleep(ms, signal, outside)
  }

  timeout(ms: number): AbortSignal {
    return this.#timeout(ms, outside)
  }

  after(ms: number, callback: () => void): () => void {
    return this.#after(ms, callback, outside)
  }

  /** The same time for a process that may stand still or die. */
  forProcess(isRunning: () => boolean): Clock {
    return {
      now: () => this.#now,
      sleep: (ms, signal) => this.#sleep(ms, signal, { isRunning, isOfProcess: true }),
      timeout: (ms) => this.#timeout(ms, { isRunning, isOfProcess: true }),
      after: (ms, callback) => this.#after(ms, callback, { isRunning, isOfProcess: true }),
    }
  }

  /** The wait that ends first; `undefined` when nobody waits. */
  get next(): NextWait | undefined {
    return this.#running().reduce<Wait | undefined>(
      (first, wait) => (first === undefined || wait.at < first.at ? wait : first),
      undefined,
    )
  }

  /** Whether a part of the app sleeps: it will go on when time does. */
  get hasSleepingProcess(): boolean {
    return this.#running().some(({ type, isOfProcess }) => isOfProcess && type === 'sleep')
  }

  /** Sets the time, and ends all waits that are over by then, in order. */
  advanceTo(time: number): void {
    this.#now = Math.max(this.#now, time)
    const due = this.#running().filter(({ at }) => at <= this.#now)
    for (const wait of due.sort((a, b) => a.at - b.at)) {
      this.#waits.delete(wait)
      wait.end()
    }
  }

  #running(): Wait[] {
    return [...this.#waits].filter(({ isRunning }) => isRunning())
  }

  #sleep(ms: number, signal: AbortSignal | undefined, waiter: Waiter): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waits.delete(wait)
        reject(signal?.reason)
      }
      const end = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const wait: Wait = { at: this.#now + ms, type: 'sleep', ...waiter, end }
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort, { once: true })
      this.#waits.add(wait)
    })
  }

  #timeout(ms: number, waiter: Waiter): AbortSignal {
    const controller = new AbortController()
    this.#after(ms, () => controller.abort(new DOMException(`${ms} ms have passed.`, 'TimeoutError')), waiter)
    return controller.signal
  }

  #after(ms: number, end: () => void, waiter: Waiter): () => void {
    const wait: Wait = { at: this.#now + ms, type: 'timeout', ...waiter, end }
    this.#waits.add(wait)
    return () => this.#waits.delete(wait)
  }
}
