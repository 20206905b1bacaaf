import { expect, test } from 'vitest'
import { toPlainLine, toPlainText } from '../../src/core/to-plain-text.js'

const everyUnit = Array.from({ length: 0x10000 }, (_none, code) => String.fromCharCode(code)).join('')

test('leaves line breaks and tabs, and no other control character or mark of direction', () => {
  const left = toPlainText(everyUnit).match(/[\p{Cc}\p{Bidi_Control}]/gu)
  expect(left).toEqual(['\t', '\n'])
})

test('leaves nothing on one line that could end it', () => {
  expect(toPlainLine(everyUnit)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
})

test('leaves all other text as it is', () => {
  const text = 'naïve 日本語 עברית 👩‍👩‍👧 72°F\n\t- ok'
  expect(toPlainText(text)).toBe(text)
})

test.each([
  ['\u001b[31mred', '␛[31mred'],
  ['a\u007f\u009bb', 'a␡\ufffdb'],
  ['one\r\ntwo', 'one\ntwo'],
  ['shown\rhidden', 'shownhidden'],
])('shows %j as %j', (text, plain) => {
  expect(toPlainText(text)).toBe(plain)
})
