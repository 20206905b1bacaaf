import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { CallbackQueue } from '../../src/session/execution/callback-queue.js'
import { VirtualClock } from '../../src/testing/index.js'

test('runs callbacks one after the other, and drains when all have returned', async () => {
  const done: string[] = []
  const queue = new CallbackQueue({ clock: systemClock, onError: (error) => done.push(String(error)) })
  queue.add(async () => {
    await Promise.resolve()
    done.push('first')
  })
  queue.add(() => {
    throw new Error('second')
  })
  queue.add(() => void done.push('third'))
  await queue.drain()
  expect(done).toEqual(['first', 'Error: second', 'third'])
})

test('waits for callbacks that do not return only up to its limit, and says so', async () => {
  const onError = vi.fn()
  const clock = new VirtualClock()
  const queue = new CallbackQueue({ clock, onError })
  queue.add(() => new Promise(() => {}))
  const drained = queue.drain()
  clock.advanceTo(clock.now() + 9_999)
  expect(onError).not.toHaveBeenCalled()
  clock.advanceTo(clock.now() + 1)
  await drained
  expect(onError).toHaveBeenCalledExactlyOnceWith(
    new Error(
      'A callback has not returned within 10000 ms after its run. It is waited for no longer, and those behind it may never be called.',
    ),
  )
})

test('sets no timer when there was no callback', async () => {
  vi.useFakeTimers()
  try {
    await new CallbackQueue({ clock: systemClock, onError: () => {} }).drain()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
