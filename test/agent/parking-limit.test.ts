import { expect, test } from 'vitest'
import { ParkingLimit } from '../../src/agent/loop/parking-limit.js'
import { VirtualClock } from '../../src/testing/index.js'

const minute = 60_000

function create(parkAfterMs: number | undefined) {
  const clock = new VirtualClock()
  const parkAfter = parkAfterMs === undefined ? undefined : clock.now() + parkAfterMs
  const source = new AbortController()
  const follower = new AbortController()
  const waiting = { left: follower.signal }
  const limit = new ParkingLimit({ clock, limits: { maxSteps: 1, parkAfter }, waiting }, source.signal)
  return { clock, source, follower, limit, pass: (ms: number) => clock.advanceTo(clock.now() + ms) }
}

test('nothing is parked before it may be', () => {
  const { limit, pass } = create(minute)
  pass(2 * minute)
  expect([limit.signal.aborted, limit.isOver]).toEqual([false, false])
  limit.begin()
  pass(0)
  expect([limit.signal.aborted, limit.isOver]).toEqual([true, true])
})

test('the source goes before: what it ends is not parked', () => {
  const { limit, pass, source } = create(minute)
  limit.begin()
  source.abort('stop')
  pass(2 * minute)
  expect([limit.signal.reason, limit.isOver]).toEqual(['stop', false])
})

test('whoever follows the answer and leaves parks it, but not before it may be', () => {
  const early = create(undefined)
  early.follower.abort()
  expect(early.limit.isOver).toBe(false)
  const late = create(undefined)
  late.limit.begin()
  late.follower.abort()
  early.limit.begin()
  expect([early.limit.isOver, late.limit.isOver]).toEqual([true, true])
})

test('without a limit nothing is ever parked, and after its end neither', () => {
  const unlimited = create(undefined)
  const ended = create(minute)
  for (const { limit, pass } of [unlimited, ended]) {
    limit.begin()
    if (limit === ended.limit) limit.end()
    pass(60 * minute)
    expect([limit.signal.aborted, limit.isOver]).toEqual([false, false])
  }
})
