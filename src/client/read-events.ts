import { createParser } from 'eventsource-parser'
import type { Clock } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import type { ServerSentEvent } from '../core/sse.js'

/** Most characters that one event may have. */
const maxEventLength = 64 * 1024 * 1024

export interface ReadEventsOptions {
  readonly clock: Clock
  /** How long the stream may give nothing, not even a comment; ms. */
  readonly silenceMs: number
  /** Called when it has given nothing for that long: ends the request, so that reading fails. */
  readonly onSilence: () => void
}

/**
 * The events of a stream as they come, to its end; one that the end cuts off is left out.
 * Wire: WHATWG HTML, "Server-sent events". @throws whatever reading the body does, and {@link AgentError} when an event is too long.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  options: ReadEventsOptions,
): AsyncGenerator<ServerSentEvent> {
  let events: ServerSentEvent[] = []
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: (event) => events.push(event),
    onError: ({ type, message }) => {
      if (type === 'max-buffer-size-exceeded') throw new AgentError('payload_too_large', message)
    },
  })
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    while (true) {
      const { value, done } = await readInTime(reader, options)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* events
      events = []
    }
  } finally {
    // A body that has failed refuses to be cancelled.
    await reader.cancel().catch(() => {})
  }
}

/** Time counts only while somebody reads: whoever ponders an approval misses nothing. */
async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { clock, silenceMs, onSilence }: ReadEventsOptions,
) {
  const callOff = clock.after(silenceMs, onSilence)
  try {
    return await reader.read()
  } finally {
    callOff()
  }
}
