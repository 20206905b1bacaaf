import type { Content } from '../core/messages.js'
import { toSseComment, toSseText } from '../core/sse.js'
import { isTerminal, type RunEventType, type StoredEvent } from '../run/events.js'
import type { RunKey } from '../run/run-log.js'
import type { Call } from './route.js'

/**
 * A run's events as server-sent events, from the one after `after`. The first bytes go out at once, because headers leave
 * only with them, and a comment whenever nothing else was sent for a while. The Functions host does not say when a reader
 * has left, so a stream ends by itself: with the run, or at its limit.
 */
export function createEventStream(
  { sessions, settings }: Call,
  key: RunKey,
  after: number,
  headers: Record<string, string>,
): Response {
  const limit = AbortSignal.timeout(settings.streamLimitMs)
  const body = ReadableStream.from(toSseChunks(sessions.follow(key, after, limit), settings.heartbeatMs))
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...headers,
    },
  })
}

async function* toSseChunks(
  batches: AsyncIterable<readonly StoredEvent[]>,
  heartbeatMs: number,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(toSseComment('open'))
  for await (const batch of withHeartbeat(batches, heartbeatMs)) {
    yield encoder.encode(batch === undefined ? toSseComment('alive') : batch.map(toSse).join(''))
    if (batch?.some(isTerminal)) return
  }
}

/** Security: what providers tell the model and keep for themselves is not the caller's to read; only that it happened is told. */
const withheld: readonly RunEventType[] = ['run.prepared', 'state.changed', 'step.continued']

function toSse(event: StoredEvent): string {
  const data = withheld.includes(event.type) ? {} : toPublicData(event)
  return toSseText({ id: String(event.id), event: event.type, data: JSON.stringify(data) })
}

/** What only the model's provider reads is left out: it is much, and nobody else's. */
function toPublicData(event: StoredEvent): object {
  if (event.type !== 'step.completed') return event.data
  const { message, ...step } = event.data
  const contents = message.contents.filter(({ type }) => type !== 'provider').map(withoutProviderData)
  return { ...step, message: { ...message, contents } }
}

function withoutProviderData(content: Content): object {
  if (!('providerData' in content)) return content
  const { providerData: _providerData, ...rest } = content
  return rest
}

/** Passes on what `source` yields, and `undefined` whenever it has been silent for a while. */
async function* withHeartbeat<T>(source: AsyncIterable<T>, silenceMs: number): AsyncGenerator<T | undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  while (true) {
    const result = await raceSilence(next, silenceMs)
    if (result === undefined) {
      yield undefined
    } else {
      if (result.done) return
      yield result.value
      next = iterator.next()
    }
  }
}

function raceSilence<T>(next: Promise<T>, silenceMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), silenceMs)
    next.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
