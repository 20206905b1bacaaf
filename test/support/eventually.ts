import { vi } from 'vitest'

/** What a probe gives as soon as that is neither undefined nor false; probes of other processes, so not too often. */
export async function eventually<T>(probe: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const value = await vi.waitUntil(async () => (await probe()) || undefined, {
    interval: 50,
    timeout: 20_000,
  })
  return value as Exclude<T, undefined | false>
}
