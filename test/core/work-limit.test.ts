import { expect, test, vi } from 'vitest'
import { WorkLimit, withinMs } from '../../src/core/work-limit.js'

test('aborts with the reason of the first signal that aborts', () => {
  const [one, other] = [new AbortController(), new AbortController()]
  const limit = new WorkLimit([one.signal, other.signal])
  other.abort('other')
  one.abort('one')
  expect(limit.signal.reason).toBe('other')
  expect(limit.timedOut).toBe(false)
})

test('is aborted from the start when a signal was', () => {
  expect(new WorkLimit([AbortSignal.abort('before')]).signal.reason).toBe('before')
})

test('aborts when the time is up, and says so', () => {
  vi.useFakeTimers()
  try {
    const limit = new WorkLimit([], 1000)
    vi.advanceTimersByTime(999)
    expect(limit.signal.aborted).toBe(false)
    vi.advanceTimersByTime(2)
    expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(limit.timedOut).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

test('does not call it a time-out when a signal was first', () => {
  vi.useFakeTimers()
  try {
    const limit = new WorkLimit([AbortSignal.abort('before')], 1000)
    vi.advanceTimersByTime(2000)
    expect(limit.timedOut).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})

test('lets go of everything when it has ended', () => {
  vi.useFakeTimers()
  try {
    const caller = new AbortController()
    const limit = new WorkLimit([caller.signal], 1000)
    limit.end()
    caller.abort()
    vi.advanceTimersByTime(2000)
    expect(limit.signal.aborted).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('work that is done within a time gets a signal that aborts after it, and keeps what it gave', async () => {
  expect(await withinMs(60_000, async (signal) => signal.aborted)).toBe(false)
  const aborted = withinMs(
    1,
    (signal) =>
      new Promise<boolean>((resolve) => {
        signal.addEventListener('abort', () => resolve(signal.aborted))
      }),
  )
  expect(await aborted).toBe(true)
})
