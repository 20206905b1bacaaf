import { expect, onTestFinished, test, vi } from 'vitest'
import { pause, setAlarm } from '../../src/host/alarm.js'
import { pass, stopClock } from './timers/kit.js'

function countTimeouts(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

test('does not keep the process alive', () => {
  const before = countTimeouts()
  const cancel = setAlarm(Date.now() + 1_000_000, () => {})
  expect(countTimeouts()).toBe(before)
  cancel()
})

test('rings once, never early, and not when it was taken back', async () => {
  stopClock()
  const rung: string[] = []
  // A clock that is slower than the timers are.
  const { now } = Date
  const slow = vi.spyOn(Date, 'now').mockImplementation(() => now() / 2)
  onTestFinished(() => slow.mockRestore())
  const at = Date.now() + 5000
  setAlarm(at, () => rung.push('first'))
  setAlarm(at, () => rung.push('second'))()
  await pass(9.9)
  expect(rung).toEqual([])
  await pass(100)
  expect(rung).toEqual(['first'])
})

test('waiting ends with its time, when the signal is aborted, and at once when it was before', async () => {
  stopClock()
  const stop = new AbortController()
  const ended: string[] = []
  const wait = (seconds: number, name: string): Promise<unknown> =>
    pause(seconds * 1000, stop.signal).then(() => ended.push(name))
  const waits = [wait(2, 'short'), wait(20, 'long')]
  await pass(3)
  expect(ended).toEqual(['short'])
  stop.abort()
  await Promise.all([...waits, wait(30, 'late')])
  expect(ended).toEqual(['short', 'long', 'late'])
})
