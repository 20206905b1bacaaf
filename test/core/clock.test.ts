import { expect, onTestFinished, test, vi } from 'vitest'
import { sleep, systemClock, toTimestamp } from '../../src/core/clock.js'

test('waits', async () => {
  const before = performance.now()
  await sleep(5)
  expect(performance.now() - before).toBeGreaterThan(3)
})

test('never rings before its time has passed by its own reading', async () => {
  const early: number[] = []
  for (let round = 0; round < 300; round += 1) {
    const begun = systemClock.now()
    if (round % 3 === 0) await sleep(1)
    else if (round % 3 === 1) await new Promise<void>((resolve) => systemClock.after(1, resolve))
    else {
      const signal = systemClock.timeout(1)
      const waiting = sleep(1_000, signal)
      await expect(waiting).rejects.toBeInstanceOf(DOMException)
    }
    const passed = systemClock.now() - begun
    if (passed < 1) early.push(passed)
  }
  expect(early).toEqual([])
})

test('ends at once when it is aborted, before or while it waits', async () => {
  const controller = new AbortController()
  const reason = new Error('stop')
  const waiting = sleep(60_000, controller.signal)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(sleep(60_000, controller.signal)).rejects.toBe(reason)
})

test.each([25, 100, 36_500])('a time of %i days, longer than a timer may be, is waited for', async (days) => {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const ms = days * 86_400_000
  const rung: string[] = []
  systemClock.timeout(ms).addEventListener('abort', () => rung.push('timeout'))
  systemClock.after(ms, () => rung.push('after'))
  systemClock.after(ms, () => rung.push('called off'))()
  const sleeping = sleep(ms).then(() => rung.push('sleep'))
  await vi.advanceTimersByTimeAsync(ms - 1)
  expect(rung).toEqual([])
  await vi.advanceTimersByTimeAsync(2)
  await sleeping
  expect(rung).toEqual(['timeout', 'after', 'sleep'])
})

test('a time that no calendar has counts as the end of the year 9999, which comes after all others as text', () => {
  expect(toTimestamp(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.999Z')
  expect(toTimestamp(Date.UTC(10_000, 0))).toBe('9999-12-31T23:59:59.999Z')
  expect(toTimestamp(0)).toBe('1970-01-01T00:00:00.000Z')
})
