/** An id that nobody guesses: 128 random bits, in hex. `randomUUID` is missing on pages that come over plain http. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** An id of a session that says when it was begun, and that nobody guesses. */
export function createSessionId(now: Date): string {
  const time = now.toISOString().slice(0, 16).replace('T', '-').replace(':', '')
  return `${time}-${createId()}`
}
