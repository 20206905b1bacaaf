/** `setTimeout` takes 24.8 days at most and stands still while a machine sleeps, so that the time is looked at this often. */
const longestSleepMs = 60_000

export interface AlarmOptions {
  /** When to ring, in epoch milliseconds. */
  readonly at: number
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly ring: () => void
}

/** Rings once, at its time or soon after, never before this function has returned; gives what takes it back. Does not keep the process alive. */
export function setAlarm({ at, now, ring }: AlarmOptions): () => void {
  let timer: NodeJS.Timeout
  const sleep = (): void => {
    timer = setTimeout(look, Math.min(Math.max(at - now(), 0), longestSleepMs)).unref()
  }
  const look = (): void => {
    // A timer may go off a moment early.
    if (now() < at) sleep()
    else ring()
  }
  sleep()
  return () => clearTimeout(timer)
}

/** Resolves at the alarm's time, or as soon as the signal is aborted. */
export function waitUntil(at: number, now: () => number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = setAlarm({ at, now, ring: () => settle() })
    const settle = (): void => {
      signal.removeEventListener('abort', settle)
      cancel()
      resolve()
    }
    if (signal.aborted) settle()
    else signal.addEventListener('abort', settle)
  })
}
