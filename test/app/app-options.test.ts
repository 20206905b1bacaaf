import { expect, test } from 'vitest'
import { checkAddedAgent, checkAppOptions } from '../../src/app/app-options.js'

test('options that are not given, or are whole numbers, are fine', () => {
  checkAppOptions({})
  checkAppOptions({ sessionTtlMs: 1, maxInlineMediaBytes: 0, waitLimitMs: 100_000, maxAttempts: 1 })
})

test.each([
  { waitLimitMs: 0 },
  { streamLimitMs: -1 },
  { heartbeatMs: Number.NaN },
  { operationTimeoutMs: 0 },
  { sessionTtlMs: -1 },
  { runRetentionMs: 0 },
  { maxAttempts: 1.5 },
  { maxInlineMediaBytes: -1 },
  { maxBodyBytes: Number.POSITIVE_INFINITY },
])('%j is refused by its name', (options) => {
  const [name = ''] = Object.keys(options)
  expect(() => checkAppOptions(options)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(name) }),
  )
})

const parrot = {
  name: 'Parrot',
  async *run() {
    yield 'Hello'
  },
}

test.each([
  [{ owners: () => 'ann' }, 'AgentFunctionApp has no option "owners".'],
  [{ agent: parrot }, 'AgentFunctionApp has no option "agent".'],
  [{ agents: parrot }, 'agents of AgentFunctionApp must be a list.'],
  [{ authLevel: 'FUNCTION' }, `authLevel must be one of 'anonymous', 'function', 'admin', not "FUNCTION".`],
  [{ chatPage: 'false' }, 'chatPage of AgentFunctionApp must be true or false, not "false".'],
  [{ enableHealthCheck: 0 }, 'enableHealthCheck of AgentFunctionApp must be true or false, not 0.'],
  [{ defaultCallback: () => {} }, 'defaultCallback must have a function'],
])('a program without types is told of %o', (options, said) => {
  expect(() => checkAppOptions(options as object)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(said) }),
  )
})

test.each([
  [parrot, { callbak: {} }, 'addAgent of "Parrot" has no option "callbak".'],
  [parrot, { callback: { onResponse: () => {} } }, 'callback of agent "Parrot" must have a function'],
  [Promise.resolve(parrot), {}, 'is an await missing?'],
  [undefined, {}, 'What is served must be an Agent'],
])('serving %o with %o is refused', (agent, options, said) => {
  expect(() => checkAddedAgent(agent as typeof parrot, options as object)).toThrow(said)
})

test('agents of both kinds, and callbacks with one of their functions, are served', () => {
  checkAddedAgent(parrot, { callback: { onAgentResponse: () => {} }, http: false })
})
