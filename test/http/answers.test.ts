import { expect, test } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { createJsonAnswer, createTextAnswer, toErrorAnswer } from '../../src/http/answers.js'

test.each([
  ['JSON', createJsonAnswer({ text: '72°F' }), '{"text":"72°F"}', '16', 'application/json; charset=utf-8'],
  ['text', createTextAnswer('☃'), '☃', '3', 'text/plain; charset=utf-8'],
  ['no text', createTextAnswer(''), '', '0', 'text/plain; charset=utf-8'],
])('an answer of %s is its text, and says how many bytes that is', (_name, answer, body, length, type) => {
  expect(answer).toEqual({
    status: 200,
    headers: { 'content-type': type, 'content-length': length },
    body,
  })
})

test('an error answers as a problem, with when to try again and the headers of its run', () => {
  const error = new AgentError('session_busy', 'Busy.', { retryable: true, retryAfterMs: 1500 })
  const context = { sessionId: 's', correlationId: 'r' }
  const { status, headers, body } = toErrorAnswer(error, context, { 'x-ms-session-id': 's' })
  expect(status).toBe(409)
  expect(headers).toEqual({
    'content-type': 'application/problem+json',
    'content-length': String(body).length.toString(),
    'retry-after': '2',
    'x-ms-session-id': 's',
  })
  expect(JSON.parse(String(body))).toMatchObject({ code: 'session_busy', detail: 'Busy.', ...context })
})
