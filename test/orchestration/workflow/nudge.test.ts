import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import { Nudge } from '../../../src/orchestration/workflow/nudge.js'

const hour = 3_600_000
const never = new AbortController().signal

test('a pause ends when it is poked, and the next one is a pause again', async () => {
  const nudge = new Nudge()
  const pause = nudge.pause(systemClock, hour, never)
  nudge.poke()
  expect(await pause).toBe(true)
  expect(await nudge.pause(systemClock, 0, never)).toBe(false)
})

test('a pause ends when the signal aborts', async () => {
  const stop = new AbortController()
  const pause = new Nudge().pause(systemClock, hour, stop.signal)
  stop.abort()
  expect(await pause).toBe(false)
})
