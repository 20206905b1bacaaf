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

/** A timer of Node.js that is to ring later than this rings at once (a delay is a signed 32-bit integer). */
const longestTimerMs = 2 ** 31 - 1

/** The end of the year 9999: what .NET can say, and what still sorts as text. */
const latestMs = 253_402_300_799_999

/** The time of this machine: what was to wait `ms` never finds that less has passed by `now()`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
  timeout(ms) {
    if (ms < longestTimerMs) return AbortSignal.timeout(ms + timerErrorMs)
    const controller = new AbortController()
    startTimer(ms, () => controller.abort(new DOMException(`${ms} ms have passed.`, 'TimeoutError')), false)
    return controller.signal
  },
  after: (ms, callback) => startTimer(ms, callback, false),
}

/** Calls back after `ms` milliseconds, be it years; returns what calls it off. */
function startTimer(ms: number, callback: () => void, keepsAlive: boolean): () => void {
  let timer: NodeJS.Timeout
  const wait = (leftMs: number) => {
    const isLong = leftMs > longestTimerMs
    const next = isLong ? () => wait(leftMs - longestTimerMs) : callback
    timer = setTimeout(next, Math.min(leftMs, longestTimerMs))
    // Browsers, where this runs too, have numbers for timers.
    if (!keepsAlive) timer.unref?.()
  }
  wait(ms + timerErrorMs)
  return () => clearTimeout(timer)
}

/** Resolves after `ms` milliseconds. @throws the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      callOff()
      signal?.removeEventListener('abort', finish)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    const callOff = startTimer(ms, finish, true)
    signal?.addEventListener('abort', finish)
    if (signal?.aborted) finish()
  })
}

/** Waits so many milliseconds, or until the signal aborts, which is no failure here. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch(() => {})
}

/** ISO 8601, UTC; a time after the year 9999 counts as its end. */
export function toTimestamp(ms: number): string {
  return new Date(Math.min(ms, latestMs)).toISOString()
}
