import { expect, test } from 'vitest'
import type { TypedData } from '../../../src/host/functions.js'
import { decodeMessage, toMessageTexts } from '../../../src/host/storage/queue-message.js'

const values: readonly (readonly [TypedData, readonly string[]])[] = [
  [{ string: 'text é' }, ['text é']],
  [{ json: '{"a":1}' }, ['{\n  "a": 1\n}']],
  [{ json: '[1,"two",{"three":3}]' }, ['1', 'two', '{\n  "three": 3\n}']],
  [{ json: '[]' }, []],
  [{ json: 'true' }, ['true']],
  [{ int: 5 }, ['5']],
  [{ double: 1.5 }, ['1.5']],
  [{ bytes: Buffer.from('bytes') }, ['bytes']],
]

test.each(values)('%j becomes the messages %j', (data, texts) => {
  expect(toMessageTexts(data, 'none')).toEqual(texts)
  const encoded = toMessageTexts(data, 'base64')
  expect(encoded).toEqual(texts.map((text) => Buffer.from(text).toString('base64')))
  expect(encoded.map((text) => decodeMessage(text, 'base64'))).toEqual(texts)
})

test.each(['a', 'abc', 'ab=c', 'a b=', '{"a":1}', 'abcd\n'])('%j is no base64', (text) => {
  expect(() => decodeMessage(text, 'base64')).toThrow('messageEncoding')
  expect(decodeMessage(text, 'none')).toBe(text)
})
