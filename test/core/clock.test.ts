import { expect, test } from 'vitest'
import { sleep, systemClock } from '../../src/core/clock.js'

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
