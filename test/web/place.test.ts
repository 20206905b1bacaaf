import { expect, test } from 'vitest'
import { parsePlace, toHash } from '../../src/web/browser/place.js'

test.each([
  { agent: 'A', session: undefined },
  { agent: 'A', session: 'user-123' },
  { agent: 'A_-9', session: `<b>"'& %41 ä 😀` },
])('leads back to $agent and $session', (place) => {
  expect(parsePlace(toHash(place))).toEqual(place)
})

test.each(['', '#', '#/x', '#%', '#A/%zz'])('names no place: %j', (hash) => {
  expect(parsePlace(hash)).toBeUndefined()
})
