import type { AppClient, RunAddress } from './app-client.js'
import { Outage, type OutageOptions } from './outage.js'
import type { KnownEvent } from './run-event.js'

/** How long to wait before following again a stream that the app ended before the run; ms. */
const pauseMs = 250

export interface FollowRunOptions extends OutageOptions {
  readonly client: Pick<AppClient, 'sendMessage' | 'followRun'>
  readonly address: RunAddress
  /** What begins the run; `undefined` for one that has begun. */
  readonly message: string | undefined
  /** Called once it is certain that the app has the message. */
  readonly onAccepted: () => void
}

/**
 * The events of a run, each once and in order, to its end, whatever becomes of connections and hosts meanwhile: the
 * message is sent until it has arrived, and the events are followed again from the last that came.
 * @throws as {@link Outage.wait}
 */
export async function* followRun(options: FollowRunOptions): AsyncGenerator<KnownEvent> {
  const { client, address, clock } = options
  const outage = new Outage(options)
  let unsent = options.message
  let last = -1
  while (true) {
    try {
      const opening =
        unsent === undefined ? client.followRun(address, last) : client.sendMessage(address, unsent)
      const events = await opening
      outage.end()
      if (unsent !== undefined) options.onAccepted()
      unsent = undefined
      for await (const { id, event } of events) {
        if (id <= last) continue
        last = id
        if (event !== undefined) yield event
        if (event !== undefined && isLast(event)) return
      }
      await clock.sleep(pauseMs)
    } catch (error) {
      await outage.wait(error)
    }
  }
}

function isLast({ type }: KnownEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}
