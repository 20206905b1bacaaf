/** The bytes of a body, packet by packet. Cancelling it ends the request. */
export type PacketReader = Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>

/** Most bytes that are worth reading to keep a connection. */
const maxBytes = 64 * 1024

/** Longest time that is worth waiting to keep a connection. */
const maxMs = 2_000

/**
 * Reads what follows the end of an answer, so that its connection can serve the next call: most often nothing but the
 * end of the body, a moment later. A server that has much more to say, or takes long, loses the connection. Never fails.
 */
export async function readAway(reader: PacketReader): Promise<void> {
  const leave = () => void reader.cancel().catch(() => {})
  const timer = setTimeout(leave, maxMs)
  try {
    for (let bytes = 0; bytes <= maxBytes; ) {
      const { value, done } = await reader.read()
      if (done) return
      bytes += value.byteLength
    }
    leave()
  } catch {
    // Nobody waits for what follows the answer.
  } finally {
    clearTimeout(timer)
  }
}
