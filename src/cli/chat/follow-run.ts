import { Outage, type OutageOptions } from '../../client/outage.js'
import { followEvents } from '../../core/follow-events.js'
import type { RunAddress } from '../../core/session-paths.js'
import type { AppClient, Message } from './app-client.js'
import type { KnownEvent, PlacedEvent } from './run-event.js'

/** How long to wait before following again a stream that the app ended before the run; ms. */
const pauseMs = 250

export interface FollowRunOptions extends OutageOptions {
  readonly client: Pick<AppClient, 'sendMessage' | 'followRun'>
  readonly address: RunAddress
  /** What begins the run; `undefined` for one that has begun. */
  readonly message: Message | undefined
  /** Called once it is certain that the app has the message. */
  readonly onAccepted: () => void
}

/**
 * The events of a run that a chat does something about, each once and in order, to its end, whatever becomes of
 * connections and hosts meanwhile: the message is sent until it has arrived, and the events are followed again from the last that came.
 * @throws as {@link Outage.wait}
 */
export async function* followRun(options: FollowRunOptions): AsyncGenerator<KnownEvent> {
  const { client, address, clock, onAccepted } = options
  const outage = new Outage(options)
  let unsent = options.message
  const events = followEvents<PlacedEvent>({
    async open(after) {
      const opening =
        unsent === undefined ? client.followRun(address, after) : client.sendMessage(address, unsent)
      const opened = await opening
      outage.end()
      if (unsent !== undefined) onAccepted()
      unsent = undefined
      return opened
    },
    isLast: ({ event }) => event !== undefined && isLast(event),
    outlast: (failure) => outage.wait(failure),
    pause: () => clock.sleep(pauseMs),
  })
  for await (const { event } of events) if (event !== undefined) yield event
}

function isLast({ type }: KnownEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled'
}
