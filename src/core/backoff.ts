export interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
}

/**
 * Milliseconds to wait before a try, the first being number 1: the first wait, then that plus 1, 2, 4, … times itself, each
 * give or take a fifth (WebJobs: RandomizedExponentialBackoffStrategy).
 */
export function toBackoffMs(
  { firstMs, longestMs }: Backoff,
  attempt: number,
  random: () => number = Math.random,
): number {
  if (attempt === 1) return firstMs
  const growth = (0.8 + 0.4 * random()) * 2 ** (attempt - 2) * firstMs
  return Math.min(longestMs, firstMs + growth)
}
