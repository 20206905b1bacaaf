import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.js'
import { findFormIssues } from '../../src/core/json-schema-form.js'

test.each<[JsonObject, string]>([
  [{ properties: 5 }, 'properties'],
  [{ properties: { name: 'string' } }, 'properties.name'],
  [{ properties: { name: { type: 'string', required: true } } }, 'properties.name.required'],
  [{ required: 'name' }, 'required'],
  [{ type: 5 }, 'type'],
  [{ enum: [] }, 'enum'],
  [{ anyOf: [] }, 'anyOf'],
  [{ anyOf: [{ type: 'string' }, { minItems: -1 }] }, 'anyOf.1.minItems'],
  [{ items: { minLength: 'x' } }, 'items.minLength'],
  [{ items: [{ pattern: 5 }] }, 'items.0.pattern'],
  [{ additionalProperties: { maximum: '9' } }, 'additionalProperties.maximum'],
  [{ $defs: { a: { multipleOf: 0 } } }, '$defs.a.multipleOf'],
])('%j is wrong at %s', (schema, path) => {
  expect(findFormIssues(schema).map((issue) => issue.path)).toEqual([path])
})

test.each<JsonObject>([
  {},
  { type: ['string', 'null'], minLength: 0 },
  { type: 'object', properties: {}, required: [], additionalProperties: false },
  { $ref: '#/$defs/node', $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } }, any: true } },
  { items: {}, prefixItems: [{}, true], contains: false },
  { minimum: 0, exclusiveMinimum: true, 'x-order': 3, examples: 'anything', nullable: true },
])('%j is a JSON Schema', (schema) => {
  expect(findFormIssues(schema)).toEqual([])
})
