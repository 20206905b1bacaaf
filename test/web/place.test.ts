import { expect, test } from 'vitest'
import { parsePlace, toAppUrl, toHash } from '../../src/web/browser/place.js'

test.each([
  { agent: 'A', session: undefined },
  { agent: 'A', session: 'user-123' },
  { agent: 'A_-9', session: '<b>"& %41 ä 😀' },
])('leads back to $agent and $session', (place) => {
  expect(parsePlace(toHash(place))).toEqual(place)
})

test.each([
  '',
  '#',
  '#/x',
  '#%',
  '#A/%zz',
  '#../x',
  '#%2e%2e/x',
  '#A/..',
  '#A/.',
  '#A/x/y',
  '#A/%00',
  '#A/%27',
  '#A/%20',
])('names no place: %j', (hash) => {
  expect(parsePlace(hash)).toBeUndefined()
})

test.each([
  ['https://a.example/api/chat?code=k#A/s', 'https://a.example/api'],
  ['https://a.example/chat', 'https://a.example'],
  ['https://a.example/one/two/chat#A', 'https://a.example/one/two'],
])('finds the routes of the app whose page is %s', (page, url) => {
  expect(toAppUrl(page)).toBe(url)
})
