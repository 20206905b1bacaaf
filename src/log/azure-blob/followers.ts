import type { ControlRecord } from '../../run/control.js'
import type { StoredEvent } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import { delay } from '../delay.js'
import { RunFeed } from '../run-feed.js'
import { watchFeed } from '../watch-feed.js'
import type { AzureBlobControls, ControlList } from './controls.js'
import type { AzureBlobLogs } from './logs.js'
import { toControlsName, toSegmentName } from './names.js'
import { isEnded } from './position.js'
import type { RunTail } from './tail.js'

export interface PollIntervals {
  readonly pollIntervalMs: number
  readonly controlPollIntervalMs: number
}

/** Those in this process who follow runs: told at once of what happens here, by looking now and then of what happens elsewhere. */
export class AzureBlobFollowers {
  readonly #logs: AzureBlobLogs
  readonly #controls: AzureBlobControls
  readonly #intervals: PollIntervals
  readonly #feed = new RunFeed()
  readonly #polls = new Map<RunTail, Promise<unknown>>()
  readonly #closed = new AbortController()

  constructor(logs: AzureBlobLogs, controls: AzureBlobControls, intervals: PollIntervals) {
    this.#logs = logs
    this.#controls = controls
    this.#intervals = intervals
  }

  /** See `RunLog.follow`. */
  async *follow(key: RunKey, after: number, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    const tail = this.#logs.tail(key)
    const pause = () => this.#poll(tail)
    const watch = { feed: this.#feed, name: toSegmentName(key, 0), signal, pause }
    try {
      await tail.follow()
      const { generation } = tail
      let cursor = after
      for await (const look of watchFeed(watch)) {
        if (tail.isMissing || tail.generation !== generation) return
        const events = tail.events.slice(cursor + 1)
        if (events.length > 0) yield events
        cursor += events.length
        if (isEnded(tail.position) && cursor >= tail.position.next - 1) return
        look.isNews = events.length > 0
      }
    } finally {
      tail.unfollow()
    }
  }

  /** One look after a while for all who follow a run here; none when its executor is here too. */
  #poll(tail: RunTail): Promise<unknown> {
    const { pollIntervalMs } = this.#intervals
    const polling =
      this.#polls.get(tail) ??
      delay(pollIntervalMs, this.#closed.signal)
        .then(() => performance.now() - tail.changedAt < pollIntervalMs || tail.refresh())
        .finally(() => this.#polls.delete(tail))
    this.#polls.set(tail, polling)
    return polling
  }

  /** See `RunLog.watchControls`. */
  async *watchControls(key: RunKey, signal: AbortSignal): AsyncGenerator<readonly ControlRecord[]> {
    const pause = (either: AbortSignal) => delay(this.#intervals.controlPollIntervalMs, either)
    const watch = { feed: this.#feed, name: toControlsName(key), signal, pause }
    let known: ControlList = { records: [], etag: undefined }
    for await (const look of watchFeed(watch)) {
      const news = await this.#controls.readNews(key, known)
      known = news ?? known
      look.isNews = news !== undefined && news.records.length > 0
      if (look.isNews) yield known.records
    }
  }

  notify(key: RunKey): void {
    this.#feed.notify(toSegmentName(key, 0))
  }

  notifyControls(key: RunKey): void {
    this.#feed.notify(toControlsName(key))
  }

  notifyAll(): void {
    this.#feed.notifyAll()
  }

  close(): void {
    this.#closed.abort()
    this.#feed.close()
  }
}
