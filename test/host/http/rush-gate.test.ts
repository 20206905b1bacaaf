import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRushGate } from '../../../src/host/http/rush-gate.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Sends requests by number to a gate; gives which have begun, what ends one, and how time passes. */
function createScene() {
  const times = { now: 0, idle: 0 }
  const gate = createRushGate(() => ({ ...times }))
  const begun: number[] = []
  const responses: EventEmitter[] = []
  const pass = (ms: number, idle: number) => {
    times.now += ms
    times.idle += idle
    vi.advanceTimersByTime(ms)
  }
  return {
    begun,
    send(count: number) {
      for (let n = 0; n < count; n += 1) {
        const response = new EventEmitter()
        const number = responses.push(response)
        gate(response as ServerResponse, () => begun.push(number))
      }
    },
    end: (number: number) => responses[number - 1]?.emit('close'),
    work: (ms: number) => pass(ms, 0),
    rest: (ms: number) => pass(ms, ms),
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

test('while the event loop has time to rest, all begin at once', () => {
  const { begun, send, work, rest } = createScene()
  work(18)
  rest(2)
  send(200)
  expect(begun).toHaveLength(200)
  work(20)
  send(1)
  expect(begun).toHaveLength(200)
})

test('a busy loop begins a few, and the others together when of those no more than a few are left', () => {
  const { begun, send, end, work } = createScene()
  work(20)
  send(20)
  expect(begun).toEqual(range(1, 16))
  end(5)
  expect(begun).toEqual([...range(1, 16), ...range(17, 20)])
  send(10)
  expect(begun).toHaveLength(20)
  for (const ended of range(6, 8)) end(ended)
  expect(begun).toHaveLength(20)
  end(9)
  expect(begun).toEqual([...range(1, 16), ...range(17, 30)])
})

test('nobody waits longer than a fiftieth of a second', () => {
  const { begun, send, work } = createScene()
  work(20)
  send(18)
  work(19)
  send(2)
  expect(begun).toHaveLength(16)
  work(1)
  expect(begun).toHaveLength(20)
  send(1)
  work(19)
  expect(begun).toHaveLength(20)
  work(1)
  expect(begun).toHaveLength(21)
})

test('who comes after the others have begun waits as long as they might have', () => {
  const { begun, send, end, work } = createScene()
  work(20)
  send(17)
  work(10)
  end(1)
  expect(begun).toHaveLength(17)
  send(1)
  work(19)
  expect(begun).toHaveLength(17)
  work(1)
  expect(begun).toHaveLength(18)
})

test('once the loop has rested, the next begins at once', () => {
  const { begun, send, work, rest } = createScene()
  work(20)
  send(16)
  work(20)
  rest(20)
  send(1)
  expect(begun).toHaveLength(17)
})

test('who leaves while it waits is never begun', () => {
  const { begun, send, end, work } = createScene()
  work(20)
  send(18)
  end(17)
  end(1)
  expect(begun).toEqual([...range(1, 16), 18])
})
