import { expect, test } from 'vitest'
import { readPoll } from '../../../../../src/host/durable/orchestrations/replay/http-poll.js'

const request = {
  method: 'POST',
  uri: 'http://host/api/jobs?x=1',
  content: 'body',
  headers: { 'X-Functions-Key': 'secret', accept: 'text/plain' },
}
const poll = (statusCode: number, headers: object = {}) =>
  readPoll(request, JSON.stringify({ statusCode, headers, content: '' }), 30_000)

test('the next address is asked without the body and without the key of the first one', () => {
  expect(poll(202, { Location: '../status/7', 'Retry-After': '2' })).toEqual({
    afterMs: 2000,
    request: { method: 'GET', uri: 'http://host/status/7', headers: { accept: 'text/plain' } },
  })
})

test('without a time the pause is the one of the settings', () => {
  expect(poll(202, { location: '/x' })?.afterMs).toBe(30_000)
})

test('a part of a second counts in whole milliseconds', () => {
  expect(poll(202, { location: '/x', 'retry-after': '0.0126' })?.afterMs).toBe(13)
})

test.each([
  [200, { location: '/x' }],
  [202, {}],
])('an answer %i with the headers %j is the last one', (status, headers) => {
  expect(poll(status, headers)).toBeUndefined()
})
