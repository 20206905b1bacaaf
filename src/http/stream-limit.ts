import type { Call } from './route.js'

/** Aborts when a stream has lasted as long as one may, or its reader is known to have left. */
export function createStreamLimit({ settings, onLeave }: Pick<Call, 'settings' | 'onLeave'>): AbortSignal {
  const limit = AbortSignal.timeout(settings.streamLimitMs)
  if (onLeave === undefined) return limit
  const left = new AbortController()
  onLeave(() => left.abort())
  return AbortSignal.any([limit, left.signal])
}
