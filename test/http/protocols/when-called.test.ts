import { expect, test } from 'vitest'
import { whenCalled } from '../../../src/http/protocols/when-called.js'
import type { Call, Handler } from '../../../src/http/route.js'

const call = {} as Call
const answer = { status: 204, headers: {} }

test('a handler is loaded at its first call, not before', async () => {
  let loads = 0
  const answers: Handler = async () => answer
  const handle = whenCalled(async () => {
    loads += 1
    return { answers }
  }, 'answers')
  expect(loads).toBe(0)
  expect(await handle(call)).toBe(answer)
  expect(loads).toBe(1)
})

test('a failure of a loaded handler is its own', async () => {
  const fails: Handler = async () => {
    throw new Error('the reason')
  }
  await expect(whenCalled(async () => ({ fails }), 'fails')(call)).rejects.toThrow('the reason')
})
