import { expect, test } from 'vitest'
import { isDeeperThan, type JsonValue, parseWritableJson, toJsonValue } from '../../src/core/json.js'

test.each<[JsonValue, number]>([
  ['text', 0],
  [null, 0],
  [[], 1],
  [{ a: 1, b: [] }, 2],
  [[[1], { a: { b: 'c' } }], 3],
])('%j is nested %i deep', (value, depth) => {
  expect(isDeeperThan(value, depth)).toBe(false)
  if (depth > 0) expect(isDeeperThan(value, depth - 1)).toBe(true)
})

test('no depth is too much for finding it out', () => {
  const depth = 100_000
  const value: JsonValue = JSON.parse(`${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`)
  expect(isDeeperThan(value, 2 * depth)).toBe(false)
  expect(isDeeperThan(value, 2 * depth - 1)).toBe(true)
})

test('text that is nested deeper than can be written again is not taken for JSON', () => {
  const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(parseWritableJson(nest(1001))).toBeUndefined()
  expect(JSON.stringify(parseWritableJson(nest(1000)))).toBe(nest(1000))
  expect(parseWritableJson('[')).toBeUndefined()
})

test.each<[string, unknown, JsonValue]>([
  ['nothing', undefined, null],
  ['a function', () => 1, null],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a map', { m: new Map([['a', new Map([['b', 1]])]]) }, { m: { a: { b: 1 } } }],
  ['a set', new Set([new Set([1])]), [[1]]],
])('%s as JSON brings it back', (_, value, expected) => {
  expect(toJsonValue(value)).toEqual(expected)
})
