import { expect, test } from 'vitest'
import { sleep } from '../../src/core/clock.js'

test('waits', async () => {
  const before = performance.now()
  await sleep(5)
  expect(performance.now() - before).toBeGreaterThan(3)
})

test('ends at once when it is aborted, before or while it waits', async () => {
  const controller = new AbortController()
  const reason = new Error('stop')
  const waiting = sleep(60_000, controller.signal)
  controller.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await expect(sleep(60_000, controller.signal)).rejects.toBe(reason)
})
