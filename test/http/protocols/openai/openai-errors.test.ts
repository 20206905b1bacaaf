import { expect, test } from 'vitest'
import { AgentError } from '../../../../src/core/errors.js'
import { toOpenAiErrorAnswer } from '../../../../src/http/protocols/openai/openai-errors.js'
import { createFieldError } from '../../../../src/http/request-errors.js'

function tell(error: unknown) {
  const { status, headers, body } = toOpenAiErrorAnswer(error)
  return { status, headers, error: JSON.parse(String(body)).error }
}

const passing = { retryable: true }

test.each([
  [
    createFieldError('input', 'is required'),
    400,
    'invalid_request_error',
    'input',
    'invalid_request',
    'false',
  ],
  [new AgentError('not_found', 'None.'), 404, 'invalid_request_error', null, 'not_found', 'false'],
  [new AgentError('budget_exhausted', 'Spent.'), 429, 'rate_limit_error', null, 'budget_exhausted', 'false'],
  [new AgentError('session_busy', 'Waits.'), 409, 'invalid_request_error', null, 'session_busy', 'false'],
  [
    new AgentError('session_busy', 'Busy.', passing),
    409,
    'invalid_request_error',
    null,
    'session_busy',
    'true',
  ],
  [
    new AgentError('store_unavailable', 'Away.', passing),
    503,
    'server_error',
    null,
    'store_unavailable',
    'true',
  ],
] as const)(
  '%s keeps its status and says whether to try again',
  (thrown, status, type, param, code, again) => {
    const told = tell(thrown)
    expect(told).toMatchObject({ status, error: { type, param, code, message: thrown.message } })
    expect(told.headers['x-should-retry']).toBe(again)
  },
)

test('says when to try again', () => {
  const { headers } = tell(new AgentError('session_busy', 'Busy.', { retryAfterMs: 1500 }))
  expect(headers['retry-after']).toBe('2')
})

test('of what was not meant for callers only that it happened is told', () => {
  const { error } = tell(new Error('password'))
  expect(error).toMatchObject({ type: 'server_error', code: 'internal' })
  expect(JSON.stringify(error)).not.toContain('password')
})
