/** How to follow events that have places, over connections that break. */
export interface FollowEventsOptions<Event extends { readonly id: number }> {
  /** Opens the events after one; from the start after -1. What breaks off is opened anew. */
  readonly open: (after: number) => Promise<AsyncIterable<Event>>
  /** Whether no event comes after this one. */
  readonly isLast: (event: Event) => boolean
  /** Waits until it is time to try again. @throws what does not pass by itself */
  readonly outlast: (failure: unknown) => Promise<void>
  /** Waits before following again what was ended before its last event. */
  readonly pause: () => Promise<void>
}

/** Events, each once and in order, to the last one, whatever becomes of connections and hosts meanwhile. */
export async function* followEvents<Event extends { readonly id: number }>(
  options: FollowEventsOptions<Event>,
): AsyncGenerator<Event> {
  let last = -1
  while (true) {
    try {
      for await (const event of await options.open(last)) {
        if (event.id <= last) continue
        last = event.id
        yield event
        if (options.isLast(event)) return
      }
      await options.pause()
    } catch (error) {
      await options.outlast(error)
    }
  }
}
