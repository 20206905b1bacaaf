import { expect, test } from 'vitest'
import { toErrorMessage, toIssueText } from '../../src/core/errors.js'

test('issues are told in one line, those with the whole by its name if it has one', () => {
  const issues = [
    { path: 'a.0', message: 'is odd' },
    { path: '', message: 'is empty' },
  ]
  expect(toIssueText(issues)).toBe('a.0: is odd; is empty')
  expect(toIssueText(issues, 'body')).toBe('a.0: is odd; body: is empty')
})

test.each([
  ['its text', new Error('down'), 'down'],
  ['its code, without one', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  ['its name, without either', new RangeError(), 'RangeError'],
  ['what was thrown', 'down', 'down'],
])('the message of an error is %s', (_, error, message) => {
  expect(toErrorMessage(error)).toBe(message)
})
