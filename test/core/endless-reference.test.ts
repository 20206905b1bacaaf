import { expect, test } from 'vitest'
import { hasEndlessReference } from '../../src/core/endless-reference.js'
import type { JsonObject } from '../../src/core/json.js'

test.each<[JsonObject]>([
  [{ $ref: '#' }],
  [{ properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { $ref: '#/$defs/a' } } }],
  [{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
  [{ anyOf: [{ type: 'string' }, { $ref: '#' }] }],
  [{ $defs: { a: { allOf: [{ oneOf: [{ $ref: '#/$defs/a' }] }] } } }],
  [{ $ref: '#/$defs/a~1b~0', $defs: { 'a/b~': { $ref: '#/$defs/a~1b~0' } } }],
])('%j never steps into a value', (schema) => {
  expect(hasEndlessReference(schema)).toBe(true)
})

test.each<[JsonObject]>([
  [{ type: 'object', properties: { next: { $ref: '#' } } }],
  [{ $ref: '#/$defs/tree', $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } } }],
  [{ anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }], $defs: { a: { type: 'string' } } }],
  [{ $ref: '#/nowhere' }],
  [{ default: { $ref: '#' } }],
])('%j can be met', (schema) => {
  expect(hasEndlessReference(schema)).toBe(false)
})
