import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { createThrottle } from '../../../src/host/http/throttle.js'

interface Limits {
  readonly maxConcurrentRequests?: number
  readonly maxOutstandingRequests?: number
}

/** Sends requests by number to a throttle; gives which have begun, and what ends one. */
function createScene({ maxConcurrentRequests, maxOutstandingRequests }: Limits) {
  const settings = { routePrefix: '', customHeaders: {}, maxConcurrentRequests, maxOutstandingRequests }
  const throttle = createThrottle(settings)
  const begun: number[] = []
  const responses: EventEmitter[] = []
  const send = (): boolean => {
    const response = new EventEmitter()
    const number = responses.push(response)
    return throttle(response as ServerResponse, () => begun.push(number))
  }
  return { begun, send, end: (number: number) => responses[number - 1]?.emit('close') }
}

test('without limits all begin at once', () => {
  const { begun, send } = createScene({})
  expect([send(), send()]).toEqual([true, true])
  expect(begun).toEqual([1, 2])
})

test('those above the concurrent ones wait their turn, and who leaves meanwhile is never answered', () => {
  const { begun, send, end } = createScene({ maxConcurrentRequests: 2 })
  for (let n = 0; n < 5; n += 1) expect(send()).toBe(true)
  expect(begun).toEqual([1, 2])
  end(3)
  end(2)
  expect(begun).toEqual([1, 2, 4])
  end(1)
  expect(begun).toEqual([1, 2, 4, 5])
})

test('those above the outstanding ones, waiting or not, are refused until one has ended', () => {
  const { begun, send, end } = createScene({ maxConcurrentRequests: 1, maxOutstandingRequests: 2 })
  expect([send(), send(), send()]).toEqual([true, true, false])
  end(1)
  expect(send()).toBe(true)
  expect(begun).toEqual([1, 2])
})
