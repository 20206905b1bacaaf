import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { expect, test } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { readRetryAfterMs, toModelError } from '../../src/model/provider-errors.js'

/** The error that the package makes of an error in the middle of a stream. */
function createStreamError(error: object): APIError {
  return new APIError(undefined, error, undefined, new Headers({ 'x-request-id': 'req_9' }))
}

test.each<[string, unknown, object, string]>([
  [
    'a timeout',
    new APIConnectionTimeoutError(),
    { code: 'model_timeout', retryable: true },
    'The model server did not answer in time.',
  ],
  [
    'a timeout, in a bundle that gave its class another name',
    new (class extends APIConnectionError {})({ message: new APIConnectionTimeoutError().message }),
    { code: 'model_timeout', retryable: true },
    'The model server did not answer in time.',
  ],
  [
    'no connection',
    new APIConnectionError({ message: 'to http://secret' }),
    { code: 'model_error', retryable: true },
    'The connection to the model server failed.',
  ],
  [
    'a connection that the system refused',
    new APIConnectionError({
      cause: new TypeError('x', { cause: Object.assign(new Error('y'), { code: 'ECONNRESET' }) }),
    }),
    { code: 'model_error', retryable: true },
    'The connection to the model server failed (ECONNRESET).',
  ],
  [
    'a server that is not there',
    new APIConnectionError({ cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
    { code: 'model_error', retryable: true },
    'The connection to the model server failed (ECONNREFUSED). Check the base URL, and that the server runs.',
  ],
  [
    'text that is no JSON',
    new SyntaxError('Unexpected token s in secret'),
    { code: 'model_error', retryable: true },
    'The model server sent an answer that is no JSON.',
  ],
  [
    'something thrown that is no error',
    'secret',
    { code: 'model_error', retryable: true },
    'The connection to the model server failed.',
  ],
  [
    'a server error in a stream',
    createStreamError({ message: 'secret', type: 'server_error', code: null }),
    { code: 'model_error', retryable: true },
    'The model server broke off its answer (server_error, request req_9).',
  ],
  [
    'a status in the code of an error in a stream',
    createStreamError({ message: 'secret', code: 502 }),
    { code: 'model_error', retryable: true },
    'The model server answered 502 (request req_9).',
  ],
  [
    'a bad request in a stream',
    createStreamError({ message: 'secret', type: 'invalid_request_error' }),
    { code: 'model_error', retryable: false },
    'The model server answered 400 (invalid_request_error, request req_9).',
  ],
  [
    'a content filter in a stream',
    createStreamError({ message: 'secret', code: 'content_filter' }),
    { code: 'model_error', retryable: false },
    "The model server answered 400 (content_filter, request req_9). The content filter of the model's provider has refused what was said.",
  ],
  [
    'a rate limit in a stream',
    createStreamError({ message: 'secret', code: 'rate_limit_exceeded' }),
    { code: 'rate_limited', retryable: true },
    'The model server answered 429 (rate_limit_exceeded, request req_9).',
  ],
  [
    'an account without money in a stream',
    createStreamError({ message: 'secret', type: 'insufficient_quota' }),
    { code: 'rate_limited', retryable: false },
    'The model server answered 429 (insufficient_quota, request req_9). The account has no credit left.',
  ],
  [
    'a conversation that is too long, and where it stands',
    createStreamError({ message: 'secret', code: 'context_length_exceeded', param: 'messages' }),
    { code: 'model_error', retryable: false },
    'The model server answered 400 (context_length_exceeded, messages, request req_9). The model takes no conversation as long as this: use compaction.',
  ],
  [
    'a part of the request that was refused',
    createStreamError({ type: 'invalid_request_error', param: 'tools[0].function.parameters' }),
    { code: 'model_error', retryable: false },
    'The model server answered 400 (invalid_request_error, tools[0].function.parameters, request req_9).',
  ],
  [
    'a part of the request that is none',
    createStreamError({ type: 'invalid_request_error', param: 'the secret that you sent' }),
    { code: 'model_error', retryable: false },
    'The model server answered 400 (invalid_request_error, request req_9).',
  ],
  [
    'a type where the code only repeats the status',
    createStreamError({ type: 'BadRequestError', code: 400 }),
    { code: 'model_error', retryable: false },
    'The model server answered 400 (BadRequestError, request req_9).',
  ],
])('describes %s', (_, error, expected, message) => {
  const described = toModelError(error)
  expect(described).toMatchObject(expected)
  expect(described.message).toBe(message)
  expect(described.cause).toBeUndefined()
})

test('leaves our own errors as they are, also inside of others', () => {
  const own = new AgentError('model_error', 'no token')
  expect(toModelError(own)).toBe(own)
  expect(toModelError(new Error('wrapped', { cause: own }))).toBe(own)
})

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ 'retry-after': '3' }, 3000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after-ms': '250', 'retry-after': '3' }, 250],
  [{ 'retry-after-ms': '-5', 'retry-after': '3' }, 3000],
  [{ 'retry-after': '-3' }, undefined],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:20 GMT' }, 10_000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' }, 0],
  [{ 'retry-after': 'later' }, undefined],
  [{ 'retry-after': '1795488958000' }, undefined],
  [{ 'retry-after': '9'.repeat(400) }, undefined],
])('reads the wait from %j as %s ms', (headers, expected) => {
  expect(readRetryAfterMs(new Headers(headers), 10_000)).toBe(expected)
})
