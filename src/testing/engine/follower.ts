import { setTimeout as delay } from 'node:timers/promises'
import { isTerminal, type StoredEvent } from '../../run/events.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import type { Observations } from './observations.js'
import type { SeededRandom } from './seeded-random.js'

export interface FollowerOptions {
  readonly log: RunLog
  readonly key: RunKey
  readonly random: SeededRandom
  readonly observations: Observations
}

/** How long a stream may take to bring what is in the log, in real time; ms. */
const arrivalLimitMs = 5_000

/**
 * A reader of a run's event stream whose connection breaks now and then: it comes back with a cursor, sometimes an old one.
 * Whatever it sees has to be dense, and the same each time.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #stop = new AbortController()
  readonly #seen: string[] = []
  #isDone = false

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#follow().catch((error) => this.#report(`could not be followed: ${String(error)}`))
  }

  /** Waits for what is under way, stops, and compares what was seen with what the log holds. */
  async finish(): Promise<void> {
    const { log, key } = this.#options
    const events = (await log.read(key)).map((event) => JSON.stringify(event))
    await this.#seeAll(events.length)
    // With a reason, as the making of an exception that nobody sees takes its time.
    this.#stop.abort(null)
    if (events.length === 0) return
    if (events.join('\n') !== this.#seen.join('\n')) {
      this.#report(`followers saw ${this.#seen.length} events, its log has ${events.length}, or they differ`)
    }
  }

  async #seeAll(count: number): Promise<void> {
    const giveUpAt = performance.now() + arrivalLimitMs
    while (this.#seen.length < count && !this.#isDone && performance.now() < giveUpAt) await delay(1)
  }

  async #follow(): Promise<void> {
    while (!this.#isDone && !this.#stop.signal.aborted) {
      const newest = this.#seen.length - 1
      await this.#connect(
        this.#options.random.chance(0.5) ? newest : this.#options.random.below(newest + 2) - 1,
      )
    }
  }

  /** Reads from a cursor until the run has ended, or is gone, or the connection breaks. */
  async #connect(cursor: number): Promise<void> {
    const { log, key, random } = this.#options
    let next = cursor + 1
    for await (const events of log.follow(key, cursor, this.#stop.signal)) {
      for (const event of events) this.#see(event, next++)
      if (events.some(isTerminal)) this.#isDone = true
      if (this.#isDone || random.chance(0.3)) return
    }
    this.#isDone = true
  }

  #see(event: StoredEvent, expected: number): void {
    const text = JSON.stringify(event)
    if (event.id !== expected) this.#report(`event ${event.id} came where ${expected} was due`)
    const known = this.#seen[event.id]
    if (known === undefined) this.#seen.push(text)
    else if (known !== text) this.#report(`event ${event.id} was ${known} and then ${text}`)
  }

  #report(what: string): void {
    this.#isDone = true
    this.#options.observations.violations.push(`event stream of ${this.#options.key.run}: ${what}`)
  }
}
