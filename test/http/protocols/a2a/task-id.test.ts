import { expect, test } from 'vitest'
import { parseTaskId, toTaskId } from '../../../../src/http/protocols/a2a/task-id.js'

test.each(['s', 'user-123', 'späť & ☃', 'x'.repeat(200)])(
  'says which session its run is in: %s',
  (session) => {
    expect(parseTaskId(toTaskId({ session, run: 'a.b c' }))).toEqual({ session, run: 'a.b c' })
  },
)

test.each([
  'nothing',
  '.run',
  'cw.',
  'cw.a/b',
  `cw.${'r'.repeat(129)}`,
  `${Buffer.from('../x').toString('base64url')}.run`,
  `${Buffer.from('a\nb').toString('base64url')}.run`,
  '💥.run',
])('names no run: %j', (taskId) => {
  expect(parseTaskId(taskId)).toBeUndefined()
})
