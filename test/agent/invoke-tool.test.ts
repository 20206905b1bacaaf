import { expect, test, vi } from 'vitest'
import { PendingResult } from '../../src/agent/tools/durable-tools.js'
import { type InvocationLimits, invokeTool } from '../../src/agent/tools/invoke-tool.js'

const noStop = new AbortController().signal

function invoke(execute: () => unknown, limits: InvocationLimits = {}) {
  return invokeTool(execute, noStop, limits)
}

test('a tool that throws is run again as often as it allows', async () => {
  const execute = vi.fn<() => unknown>().mockRejectedValueOnce(new Error('busy')).mockResolvedValueOnce('ok')
  expect(await invoke(execute, { retry: { maxAttempts: 3, initialDelayMs: 1 } })).toEqual({ result: 'ok' })
  expect(execute).toHaveBeenCalledTimes(2)
})

test('what it throws the last time is its outcome', async () => {
  const execute = vi.fn(() => Promise.reject(new Error('down')))
  expect(await invoke(execute, { retry: { maxAttempts: 3, initialDelayMs: 1 } })).toEqual({ error: 'down' })
  expect(execute).toHaveBeenCalledTimes(3)
})

test('without a retry policy it is run once', async () => {
  const execute = vi.fn(() => Promise.reject(new Error('down')))
  await invoke(execute)
  expect(execute).toHaveBeenCalledTimes(1)
})

test('a run that must stop does not wait for the next try', async () => {
  const stop = new AbortController()
  const outcome = invokeTool(() => Promise.reject(new Error('down')), stop.signal, {
    retry: { maxAttempts: 2, initialDelayMs: 60_000 },
  })
  setImmediate(() => stop.abort(new Error('fenced')))
  await expect(outcome).rejects.toThrow()
})

test.each([
  [
    'refused by default',
    {},
    { error: 'The result has 14 characters; this tool may give 10.', isUnknown: true },
  ],
  [
    'cut when it may be',
    { onLargeResult: 'truncate' },
    { result: expect.stringMatching(/^abcdefghij… \[cut: /) },
  ],
  ['made smaller by the tool', { onLargeResult: () => 'short' }, { result: 'short' }],
] as const)('a result over the limit is %s', async (_name, limits, outcome) => {
  expect(await invoke(() => 'abcdefghijkl', { maxResultLength: 10, ...limits })).toEqual(outcome)
})

test('a result at the limit is left alone', async () => {
  expect(await invoke(() => 'abcdefgh', { maxResultLength: 10 })).toEqual({ result: 'abcdefgh' })
})

test.each<[string, () => unknown, InvocationLimits, string]>([
  [
    'of which one part is to come later',
    () => [new PendingResult('x')],
    {},
    'The tool has run, but what it gave cannot be told: execute must return what runOrchestration gives as it is',
  ],
  [
    'of which JSON says nothing',
    () => new Response('Sunny.'),
    {},
    'The tool has run, but what it gave cannot be told: of a value of type Response JSON says nothing',
  ],
  [
    'that is an error',
    () => new TypeError('no'),
    {},
    'cannot be told: of a value of type Error JSON says nothing',
  ],
  ['that JSON cannot say', () => 1n, {}, 'The tool has run, but what it gave cannot be told: '],
  ['that is too large', () => 'abcdefghijkl', { maxResultLength: 10 }, 'The result has 14 characters'],
  [
    'that cannot be made smaller',
    () => 'abcdefghijkl',
    { maxResultLength: 10, onLargeResult: () => JSON.parse('no') },
    'The tool h',
  ],
  [
    'that is not made small enough',
    () => 'abcdefghijkl',
    { maxResultLength: 10, onLargeResult: (result) => result },
    'The result has 14 characters',
  ],
])('a tool is not run again for a result %s', async (_, execute, limits, error) => {
  const executed = vi.fn(execute)
  const outcome = await invoke(executed, { retry: { maxAttempts: 3, initialDelayMs: 1 }, ...limits })
  expect(outcome).toEqual({ error: expect.stringContaining(error), isUnknown: true })
  expect(executed).toHaveBeenCalledTimes(1)
})

test('an error over the limit is cut', async () => {
  const fail = () => Promise.reject(new Error('abcdefghijkl'))
  expect(await invoke(fail, { maxResultLength: 10 })).toEqual({ error: 'abcdefghij…' })
})

class Nothing {}

class Stated {
  toJSON() {
    return { a: 1 }
  }
}

test.each([[{}], [Object.create(null)], [new Stated()], [new Nothing()], [[]], [new Date(0)], [new Map()]])(
  'an object that is empty, or says itself what it is in JSON, is a result: %j',
  async (result) => {
    expect(await invoke(() => result)).toEqual({ result: JSON.parse(JSON.stringify(result)) })
  },
)
