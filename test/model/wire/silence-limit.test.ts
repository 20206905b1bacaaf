import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readUntilSilent, SilenceLimit } from '../../../src/model/wire/silence-limit.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new Promise<never>(() => {})

test('gives what came in time, however many waits there are', async () => {
  const limit = new SilenceLimit(1000, undefined)
  for (let count = 0; count < 5; count++) {
    const answer = limit.wait(new Promise((resolve) => setTimeout(() => resolve(count), 900)))
    vi.advanceTimersByTime(900)
    expect(await answer).toBe(count)
  }
  expect(limit.signal.aborted).toBe(false)
})

test('fails the wait, and aborts, when the other side is silent', async () => {
  const limit = new SilenceLimit(1000, undefined)
  const answer = expect(limit.wait(never)).rejects.toMatchObject({ code: 'model_timeout', retryable: true })
  vi.advanceTimersByTime(1000)
  await answer
  expect(limit.signal.reason).toMatchObject({ code: 'model_timeout' })
})

test('counts only the time of waits, not that of whoever reads slowly', async () => {
  const limit = new SilenceLimit(1000, undefined)
  await limit.wait(Promise.resolve())
  vi.advanceTimersByTime(5000)
  expect(await limit.wait(Promise.resolve('late'))).toBe('late')
  const answer = expect(limit.wait(never)).rejects.toMatchObject({ code: 'model_timeout' })
  vi.advanceTimersByTime(1000)
  await answer
})

test("fails the wait with the caller's reason, also one given before", async () => {
  const caller = new AbortController()
  const limit = new SilenceLimit(1000, caller.signal)
  const answer = expect(limit.wait(never)).rejects.toBe('enough')
  caller.abort('enough')
  await answer
  await expect(limit.wait(Promise.resolve())).rejects.toBe('enough')
  await expect(new SilenceLimit(1000, AbortSignal.abort('before')).wait(never)).rejects.toBe('before')
})

test('passes failures of the other side on', async () => {
  await expect(new SilenceLimit(1000, undefined).wait(Promise.reject(new Error('gone')))).rejects.toThrow(
    'gone',
  )
})

test('lets go of timer and signal when it has ended', async () => {
  const caller = new AbortController()
  const limit = new SilenceLimit(1000, caller.signal)
  await limit.wait(Promise.resolve())
  limit.end()
  caller.abort()
  expect(vi.getTimerCount()).toBe(0)
  expect(limit.signal.aborted).toBe(false)
})

test.each(['silent', 'broken', 'left'])('ends a source that is %s', async (what) => {
  const end = vi.fn(async () => ({ value: undefined, done: true as const }))
  const broken = () => Promise.reject(new Error('broken'))
  const next = { silent: () => never, broken, left: async () => ({ value: 1, done: false }) }[what]
  const source = { [Symbol.asyncIterator]: () => ({ next: next ?? broken, return: end }) }
  const reading = (async () => {
    for await (const _ of readUntilSilent(source, new SilenceLimit(1000, undefined))) return 'left'
    return 'ended'
  })()
  const outcome = expect(reading.catch((error: unknown) => error)).resolves
  if (what === 'silent') vi.advanceTimersByTime(1000)
  if (what === 'left') await outcome.toBe('left')
  else await outcome.toBeInstanceOf(Error)
  expect(end).toHaveBeenCalledOnce()
})
