/** `setTimeout` takes 24.8 days at most and stands still while a machine sleeps, so that the time is looked at this often. */
const longestSleepMs = 60_000

/**
 * Rings once, at its time (epoch milliseconds) or soon after, never before this function has returned; gives what takes it
 * back. Does not keep the process alive.
 */
export function setAlarm(at: number, ring: () => void): () => void {
  let timer: NodeJS.Timeout
  const sleep = (): void => {
    timer = setTimeout(look, Math.min(Math.max(at - Date.now(), 0), longestSleepMs)).unref()
  }
  const look = (): void => {
    // A timer may go off a moment early.
    if (Date.now() < at) sleep()
    else ring()
  }
  sleep()
  return () => clearTimeout(timer)
}

/** Resolves after so many milliseconds, or as soon as the signal is aborted. Does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle)
      cancel()
      resolve()
    }
    const cancel = setAlarm(Date.now() + ms, settle)
    if (signal.aborted) settle()
    else signal.addEventListener('abort', settle)
  })
}
