import type { HttpSettings } from '../http/route.js'

/** How long callers are kept waiting and streams last, as far as the app says. */
interface AskedLimits {
  readonly waitLimitMs?: number | undefined
  readonly streamLimitMs?: number | undefined
}

/**
 * How long requests may last in an app whose functions may take `functionTimeoutMs`. At that limit the Functions host ends
 * the whole process, with every run in it, so that answers end before.
 */
export function toHttpLimits(
  { waitLimitMs = 100_000, streamLimitMs = 540_000 }: AskedLimits,
  functionTimeoutMs: number,
): Pick<HttpSettings, 'waitLimitMs' | 'streamLimitMs'> {
  const longest = functionTimeoutMs * 0.9
  return { waitLimitMs: Math.min(waitLimitMs, longest), streamLimitMs: Math.min(streamLimitMs, longest) }
}
