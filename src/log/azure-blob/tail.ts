import type { StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import type { AzureBlobContainer } from './container.js'
import { type LogPosition, logStart, readOn } from './position.js'

/** What one process knows of a run's log: how far it goes, and its events while somebody follows it. */
export class RunTail {
  readonly key: RunKey
  readonly #container: AzureBlobContainer
  #position = logStart
  #events: StoredEvent[] | undefined
  #loading: Promise<unknown> | undefined
  #generation = 0
  #isMissing = false
  #followers = 0
  #changedAt = Number.NEGATIVE_INFINITY

  constructor(container: AzureBlobContainer, key: RunKey) {
    this.#container = container
    this.key = key
  }

  get position(): LogPosition {
    return this.#position
  }

  /** All events up to the position, while somebody follows. */
  get events(): readonly StoredEvent[] {
    return this.#events ?? []
  }

  /** Grows when the log turns out to be another than before. */
  get generation(): number {
    return this.#generation
  }

  get isMissing(): boolean {
    return this.#isMissing
  }

  get isFollowed(): boolean {
    return this.#followers > 0
  }

  /** When it last went on, of `performance.now()`: a clock that is set back would have its followers wait for so long. */
  get changedAt(): number {
    return this.#changedAt
  }

  /** Keeps events from now on, those before included; `unfollow` when done. */
  async follow(): Promise<void> {
    this.#followers += 1
    if (this.#events === undefined) {
      this.#events = []
      this.#position = logStart
      this.#loading = this.refresh()
    }
    await this.#loading
  }

  unfollow(): void {
    this.#followers -= 1
    if (this.#followers === 0) this.#events = undefined
  }

  /** Reads what is new, so that this tail is not behind what there was before; true when there was something. */
  async refresh(): Promise<boolean> {
    const before = this.#position
    const reading = await readOn(this.#container, this.key, before)
    if (this.#position !== before) {
      // Something newer came in between, from here or from a faster answer, or somebody who began to follow sent it back to the start.
      const isBehind = reading !== undefined && reading.position.next > this.#position.next
      return isBehind ? this.refresh() : true
    }
    const wasMissing = this.#isMissing
    this.#isMissing = reading === undefined
    if (reading === undefined) {
      this.#replace(logStart, [])
      return !wasMissing
    }
    if (reading.isNew) this.#replace(reading.position, reading.events)
    else this.advance(before, reading.position, reading.events)
    return reading.events.length > 0
  }

  /** Takes note of events after `before`, unless that is no longer where this tail stands. */
  advance(before: LogPosition, position: LogPosition, events: readonly StoredEvent[]): void {
    if (this.#position !== before) return
    this.#position = position
    this.#isMissing = false
    if (events.length === 0) return
    for (const event of events) this.#events?.push(event)
    this.#changedAt = performance.now()
  }

  /** Takes note that the log was made just now. */
  restart(position: LogPosition): void {
    this.#isMissing = false
    this.#replace(position, [])
  }

  #replace(position: LogPosition, events: readonly StoredEvent[]): void {
    if (this.#position.next > 0) this.#generation += 1
    this.#position = position
    if (this.#events !== undefined) this.#events = [...events]
  }
}
