import { expect, test } from 'vitest'
import {
  createRunId,
  toResponseId,
  toRunPlaces,
} from '../../../../src/http/protocols/agentscope/response-id.js'
import { toSessionOf } from '../../../../src/http/session-of-run.js'

test.each(['s', 'user-123', 'späť & ☃', 'x'.repeat(200)])(
  'a made id says which session it is in: %s',
  (session) => {
    const run = createRunId()
    const id = toResponseId({ run, session })
    expect(encodeURIComponent(id)).toBe(id)
    expect(toRunPlaces(id, undefined, undefined)[0]).toEqual({ run, session })
  },
)

test('an id that a caller has given stays as it is', () => {
  expect(toResponseId({ run: 'mine', session: 's' })).toBe('mine')
  expect(toRunPlaces('mine', 's', undefined)).toEqual([{ run: 'mine', session: 's' }])
})

test('the session of a given id is its owner’s', () => {
  const sessions = [undefined, '', 'ann', 'bob'].map((owner) => toSessionOf('mine', owner))
  expect(new Set(sessions).size).toBe(4)
  expect(toRunPlaces('mine', undefined, 'ann')).toEqual([
    { run: 'mine', session: toSessionOf('mine', 'ann') },
  ])
})

test.each(['../x', '..', '$', 'a\\b', '\u0000', ''])(
  'nothing is looked for in a session like %j',
  (session) => {
    const id = `response_${'0'.repeat(32)}_${Buffer.from(session).toString('base64url')}`
    expect(toRunPlaces(id, undefined, undefined).map((place) => place.session)).not.toContain(session)
  },
)
