import type { ChatEvent } from './chat-client.js'

type Delta = Extract<ChatEvent, { type: 'text' | 'reasoning' }>

/**
 * The same events, but deltas that follow one another become one: what came together need not be told piece by piece.
 * It carries the token of the last of them. A failure of `events` comes after what came before it.
 */
export function* mergeDeltas(events: Iterable<ChatEvent>): Generator<ChatEvent> {
  let merged: Delta | undefined
  try {
    for (const event of events) {
      if (merged?.type === event.type) {
        merged = { ...event, text: merged.text + event.text }
        continue
      }
      if (merged !== undefined) yield merged
      merged = isDelta(event) ? event : undefined
      if (merged === undefined) yield event
    }
  } catch (error) {
    if (merged !== undefined) yield merged
    throw error
  }
  if (merged !== undefined) yield merged
}

function isDelta(event: ChatEvent): event is Delta {
  return event.type === 'text' || event.type === 'reasoning'
}
