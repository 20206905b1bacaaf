import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HubWatch, type HubWatchOptions } from '../../../../src/host/durable/work/hub-watch.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A watch, how often it has looked, and what has something be done. */
function startWatch() {
  let looks = 0
  let onWork = () => {}
  const hub = {
    hasForeignChanges: () => {
      looks += 1
      return false
    },
  }
  const renew = vi.fn(async () => {})
  const lease = { hasDeadPeers: () => false, renew }
  const dispatcher = {
    isDue: () => false,
    onWork: (listener: () => void) => {
      onWork = listener
    },
  }
  const watch = new HubWatch({ hub, lease, dispatcher, log: () => {} } as unknown as HubWatchOptions)
  watch.start(1_500)
  const countLooks = async (ms: number) => {
    const before = looks
    await vi.advanceTimersByTimeAsync(ms)
    return looks - before
  }
  return { watch, renew, countLooks, work: () => onWork() }
}

test('looks less often when there is nothing to do for a while, and at once as often when there is', async () => {
  const { countLooks, work } = startWatch()
  expect(await countLooks(2_000)).toBe(80)
  expect(await countLooks(1_000)).toBe(10)
  await countLooks(30)
  work()
  expect(await countLooks(2_000)).toBe(80)
  expect(await countLooks(1_000)).toBe(10)
})

test('does not rest while there is something to do', async () => {
  const { countLooks, work } = startWatch()
  for (let second = 0; second < 5; second += 1) {
    work()
    expect(await countLooks(1_000)).toBe(40)
  }
})

test('looks no more once it is stopped', async () => {
  const { watch, countLooks, work } = startWatch()
  await watch.stop()
  work()
  expect(await countLooks(1_000)).toBe(0)
})

test('shows life again and again until it is stopped', async () => {
  const { watch, renew, countLooks } = startWatch()
  await countLooks(5_000)
  expect(renew).toHaveBeenCalledTimes(3)
  await watch.stop()
  await countLooks(5_000)
  expect(renew).toHaveBeenCalledTimes(3)
})
