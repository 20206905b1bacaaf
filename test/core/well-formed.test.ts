import { expect, test } from 'vitest'
import { toWellFormed } from '../../src/core/well-formed.js'

test('halves of characters are replaced wherever they are, names included', () => {
  expect(toWellFormed({ a: ['cut \ud83d', { 'b\udc4b': '\udc4b' }], c: '👋' })).toEqual({
    a: ['cut \ufffd', { 'b\ufffd': '\ufffd' }],
    c: '👋',
  })
})

test('what is well-formed stays the very value that it is', () => {
  const value = { a: ['👋', null, 1, undefined], b: { c: true } }
  expect(toWellFormed(value)).toBe(value)
  const mixed = { whole: { a: '👋' }, cut: '\ud83d' }
  expect(toWellFormed(mixed).whole).toBe(mixed.whole)
})
