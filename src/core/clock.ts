/** Where time comes from. Everything that reads it or waits takes one, so that tests can let hours pass at once. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number
  /** Resolves after `ms` milliseconds. @throws the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Aborts after `ms` milliseconds with a `TimeoutError`. Keeps no process alive. */
  timeout(ms: number): AbortSignal
  /** Calls back after `ms` milliseconds; returns what calls it off. Keeps no process alive. */
  after(ms: number, callback: () => void): () => void
}

/** A timer counts the whole milliseconds of a clock of its own, so that it may ring one too early by `Date.now()`. */
const timerErrorMs = 1

/** The time of this machine: what was to wait `ms` never finds that less has passed by `now()`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
  timeout: (ms) => AbortSignal.timeout(ms + timerErrorMs),
  after(ms, callback) {
    const timer = setTimeout(callback, ms + timerErrorMs).unref()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds. @throws the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(finish, ms + timerErrorMs)
    signal?.addEventListener('abort', finish)
    if (signal?.aborted) finish()
  })
}

/** ISO 8601, UTC. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}
