import { expect, test } from 'vitest'
import { toNamePart } from '../../src/log/name-part.js'

test.each([
  ['user-123_A', 'user-123_A'],
  ['a.b', 'a~2eb'],
  ['~', '~7e'],
  ['ä', '~c3~a4'],
  ['', ''],
])('%o becomes %o', (text, part) => {
  expect(toNamePart(text)).toBe(part)
})

test('different texts have different parts, none longer than 200 characters, all safe', () => {
  const long = 'x'.repeat(201)
  const texts = [
    'a',
    'A',
    'a.',
    '~61',
    '%61',
    '\ud800',
    '\ud801',
    '\ufffd',
    long,
    `${long}x`,
    '🏠'.repeat(100),
    '..',
  ]
  const parts = texts.map(toNamePart)
  expect(new Set(parts).size).toBe(texts.length)
  for (const part of parts) expect(part).toMatch(/^[A-Za-z0-9_~-]{1,200}$/)
})
