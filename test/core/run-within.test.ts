import { expect, test } from 'vitest'
import { runWithin } from '../../src/core/run-within.js'

test('gives what the work gives', () => {
  const value = { of: 'this very object' }
  expect(runWithin(1000, () => value)?.value).toBe(value)
})

test('lets what the work throws through', () => {
  const error = new Error('no')
  const fail = () => {
    throw error
  }
  expect(() => runWithin(1000, fail)).toThrow(error)
})

test('cuts off work that does not end, and then goes on as before', () => {
  const endless = () => {
    for (;;) Math.random()
  }
  expect(runWithin(5, endless)).toBeUndefined()
  expect(runWithin(5, () => /^(a+)+$/.test(`${'a'.repeat(60)}!`))).toBeUndefined()
  expect(runWithin(1000, () => 1)).toEqual({ value: 1 })
})
