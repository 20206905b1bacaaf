import { createBrokenError } from './request-error.js'
import { parseRunRecord, type RunRecord } from './run-record.js'
import { SseReader } from './sse-reader.js'

/** An app sends a comment at least every 15 seconds, unless it was told otherwise. */
const silenceMs = 60_000
/** Whoever comes back to a page that was silent for so long need not wait for the rest of it: the machine may have slept. */
const doubtfulMs = 20_000

/**
 * The events of a run as they come over one connection, to its end.
 * @param close ends the connection, when it has been silent for long
 * @throws {RequestError} when it breaks
 */
export async function* readStream(
  body: ReadableStream<Uint8Array>,
  close: () => void,
): AsyncGenerator<RunRecord> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const events = new SseReader()
  try {
    while (true) {
      const { value, done } = await readInTime(reader, close)
      if (done) return
      for (const event of events.read(decoder.decode(value, { stream: true }))) {
        const record = parseRunRecord(event)
        if (record !== undefined) yield record
      }
    }
  } finally {
    close()
  }
}

async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>, close: () => void) {
  const since = Date.now()
  const timer = setTimeout(close, silenceMs)
  const closeIfDoubtful = () => {
    if (document.visibilityState === 'visible' && Date.now() - since > doubtfulMs) close()
  }
  document.addEventListener('visibilitychange', closeIfDoubtful)
  addEventListener('online', closeIfDoubtful)
  try {
    return await reader.read()
  } catch {
    throw createBrokenError()
  } finally {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', closeIfDoubtful)
    removeEventListener('online', closeIfDoubtful)
  }
}
