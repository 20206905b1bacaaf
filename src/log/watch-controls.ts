import type { ControlRecord } from '../run/control.js'
import type { RunKey } from '../run/run-log.js'
import { type RunFeed, toControlFeedName } from './run-feed.js'

interface WatchedControls {
  /** Told under the run's {@link toControlFeedName} when there are more. */
  readonly feed: Pick<RunFeed, 'next' | 'isClosed'>
  readonly key: RunKey
  /** All there are now. At once, so that nothing slips through between looking and waiting. */
  readonly read: () => readonly ControlRecord[]
  readonly signal: AbortSignal
}

/** See `RunLog.watchControls`; for stores that are asked and told within this process. */
export async function* watchControls(watched: WatchedControls): AsyncGenerator<readonly ControlRecord[]> {
  const { feed, key, read, signal } = watched
  for (let seen = 0; !signal.aborted && !feed.isClosed; ) {
    const controls = read()
    const isNews = controls.length > seen
    seen = controls.length
    if (isNews) yield controls
    else await feed.next(toControlFeedName(key), signal)
  }
}
