import { delay } from '../delay.js'
import { RunFeed } from '../run-feed.js'
import { type Look, watchFeed } from '../watch-feed.js'
import type { RedisConnection } from './connection.js'

interface Subscription {
  readonly ready: Promise<void>
  watchers: number
}

/** Wakes those who watch a run: by notifications from Redis, which may get lost, and now and then without one. */
export class RedisWatch {
  readonly #redis: RedisConnection
  readonly #pollIntervalMs: number
  readonly #feed = new RunFeed()
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(redis: RedisConnection, pollIntervalMs: number) {
    this.#redis = redis
    this.#pollIntervalMs = pollIntervalMs
  }

  /** Yields when it is time to look, first at once; ends when the signal aborts or the watch is closed. @throws {AgentError} `store_unavailable` */
  async *watch(channel: string, signal: AbortSignal): AsyncGenerator<Look> {
    const subscription = this.#enter(channel)
    try {
      await subscription.ready
      const pause = (either: AbortSignal) => delay(this.#pollIntervalMs, either)
      yield* watchFeed({ feed: this.#feed, name: channel, signal, pause })
    } finally {
      await this.#leave(channel, subscription)
    }
  }

  notify(channel: string): void {
    this.#feed.notify(channel)
  }

  close(): void {
    this.#feed.close()
  }

  #enter(channel: string): Subscription {
    const known = this.#subscriptions.get(channel)
    const subscription = known ?? { ready: this.#subscribe(channel), watchers: 0 }
    this.#subscriptions.set(channel, subscription)
    subscription.watchers += 1
    return subscription
  }

  #subscribe(channel: string): Promise<void> {
    return this.#redis.subscribe(channel, () => this.#feed.notify(channel))
  }

  async #leave(channel: string, subscription: Subscription): Promise<void> {
    subscription.watchers -= 1
    if (subscription.watchers > 0) return
    this.#subscriptions.delete(channel)
    if (!this.#feed.isClosed) await this.#redis.unsubscribe(channel)
  }
}
