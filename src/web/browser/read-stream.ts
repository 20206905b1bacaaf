import { createBrokenError } from './request-error.js'
import { parseRunRecord, type RunRecord } from './run-record.js'
import { SseReader } from './sse-reader.js'

/** An app answers at once, and sends a comment at least every 15 seconds, unless it was told otherwise. */
export const silenceMs = 60_000
/** Whoever comes back to a page that was silent for so long need not wait for the rest of it: the machine may have slept. */
const doubtfulMs = 20_000
/** A page that nobody has seen for so long lets its connection go: browsers grant few of them to all pages of a site together. */
const hiddenMs = 15_000

/**
 * The events of a run as they come over one connection, to its end, or until nobody looks at the page any more.
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
  const audience = watchAudience(close)
  try {
    while (true) {
      const { value, done } = await readInTime(reader, close, audience)
      if (done) return
      for (const event of events.read(decoder.decode(value, { stream: true }))) {
        const record = parseRunRecord(event)
        if (record !== undefined) yield record
      }
    }
  } finally {
    audience.end()
    close()
  }
}

/** Whether the page is looked at, and when something last came for it. */
interface Audience {
  /** Whether the connection was let go because nobody looked. */
  isGone: boolean
  /** When something came last; ms since 1970. */
  heardAt: number
  end(): void
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  close: () => void,
  audience: Audience,
): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> {
  const timer = setTimeout(close, silenceMs)
  try {
    const read = await reader.read()
    audience.heardAt = Date.now()
    return read
  } catch {
    if (audience.isGone) return { done: true }
    throw createBrokenError()
  } finally {
    clearTimeout(timer)
  }
}

function watchAudience(close: () => void): Audience {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') timer = setTimeout(letGo, hiddenMs)
    else if (Date.now() - audience.heardAt > doubtfulMs) close()
  }
  const letGo = () => {
    audience.isGone = true
    close()
  }
  const audience: Audience = {
    isGone: false,
    heardAt: Date.now(),
    end() {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
      removeEventListener('online', look)
    },
  }
  document.addEventListener('visibilitychange', look)
  addEventListener('online', look)
  look()
  return audience
}
