import type { RunFeed } from './run-feed.js'

/** One look at a run; whoever looked says whether there was news, and then looks again at once. */
export interface Look {
  isNews: boolean
}

export interface WatchOptions {
  readonly feed: RunFeed
  /** What the feed is told when there is news. */
  readonly name: string
  readonly signal: AbortSignal
  /** Resolves when it is time to look although nobody told the feed; the signal aborts when that is moot. */
  readonly pause: (signal: AbortSignal) => Promise<unknown>
}

/** Yields when it is time to look for news, first at once; ends when the signal aborts or the feed is closed. */
export async function* watchFeed({ feed, name, signal, pause }: WatchOptions): AsyncGenerator<Look> {
  while (!signal.aborted && !feed.isClosed) {
    const looked = new AbortController()
    const either = AbortSignal.any([signal, looked.signal])
    // Waits from before the look on, so that nothing slips through between looking and waiting.
    const told = feed.next(name, either)
    const look: Look = { isNews: false }
    try {
      yield look
      if (!look.isNews) await Promise.race([told, pause(either)])
    } finally {
      // With a reason, so that no exception is made that nobody sees.
      looked.abort(null)
    }
  }
}
