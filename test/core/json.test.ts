import { expect, test } from 'vitest'
import { isDeeperThan, type JsonValue, parseWritableJson } from '../../src/core/json.js'

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
