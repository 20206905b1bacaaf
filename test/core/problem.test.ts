import { expect, test } from 'vitest'
import { AgentError } from '../../src/core/errors.js'
import { isRetryable, toProblem } from '../../src/core/problem.js'

const later = { retryable: true, retryAfterMs: 20_000 }

test.each([
  ['a model that refuses the key', new AgentError('model_error', ''), { retryable: false }, false],
  ['a model that is busy', new AgentError('rate_limited', '', later), later, true],
  ['a server of tools that is away', new AgentError('tools_unavailable', '', later), later, true],
  ['what nobody foresaw', new Error('secret'), { retryable: true }, true],
  ['what never passes', new AgentError('max_steps_exceeded', ''), {}, false],
])('%s: whether and when to try again is part of the problem', (_what, error, said, may) => {
  const problem = JSON.parse(JSON.stringify(toProblem(error)))
  const { retryable, retryAfterMs } = problem
  expect({ retryable, retryAfterMs }).toEqual(said)
  expect(isRetryable(problem)).toBe(may)
  expect(JSON.stringify(problem)).not.toContain('secret')
})

test.each([
  ['model_error', true],
  ['invalid_configuration', false],
] as const)('a %s of an older release counts as its code says', (code, may) => {
  expect(isRetryable({ code })).toBe(may)
})
