import type { ServerSentEvent } from '../../../../core/sse.js'
import type { StoredEvent } from '../../../../run/events.js'
import { type Answer, toRunHeaders } from '../../../answers.js'
import { createSseAnswer } from '../../../event-stream.js'
import type { Call } from '../../../route.js'
import { createStreamLimit } from '../../../stream-limit.js'
import type { ResponseKey } from './response-id.js'
import { ResponseTeller } from './response-teller.js'

/** A response's frames with numbers above `after` as server-sent events, to its end or the stream's time limit. */
export function createResponseStream(call: Call, key: ResponseKey, after: number): Answer {
  // Frames are numbered from the run's first event on, so it is told from there whatever the reader has.
  const events = call.sessions.follow(key, -1, createStreamLimit(call))
  return createSseAnswer(toSseBatches(key, events, after), call.settings, toRunHeaders(key))
}

async function* toSseBatches(
  key: ResponseKey,
  batches: AsyncIterable<readonly StoredEvent[]>,
  after: number,
): AsyncGenerator<readonly ServerSentEvent[]> {
  const teller = new ResponseTeller(key)
  for await (const batch of batches) {
    const frames = batch.flatMap((event) => teller.take(event))
    const news = frames.filter(({ sequence_number: number }) => number > after)
    if (news.length > 0) yield news.map((frame) => ({ event: frame.type, data: JSON.stringify(frame) }))
    if (teller.isOver) return
  }
}
