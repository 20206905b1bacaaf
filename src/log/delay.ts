import { setTimeout as wait } from 'node:timers/promises'

/** Resolves after so many milliseconds, or when the signal aborts. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await wait(ms, undefined, { signal }).catch(() => {})
}
