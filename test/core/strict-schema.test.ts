import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../src/core/json.js'
import { type Schema, toJsonSchema } from '../../src/core/schema.js'
import { toStrictSchema } from '../../src/core/strict-schema.js'

test('every object is closed, at any depth', () => {
  const order = z.object({
    id: z.string().describe('Its number.'),
    lines: z.array(z.object({ sku: z.string(), note: z.string().nullable() })),
    to: z.union([z.object({ city: z.string() }), z.null()]),
  })
  expect(toStrictSchema(toJsonSchema(order))).toEqual({
    type: 'object',
    properties: {
      id: { type: 'string', description: 'Its number.' },
      lines: {
        type: 'array',
        items: {
          type: 'object',
          properties: { sku: { type: 'string' }, note: { type: ['string', 'null'] } },
          required: ['sku', 'note'],
          additionalProperties: false,
        },
      },
      to: {
        anyOf: [
          {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
            additionalProperties: false,
          },
          { type: 'null' },
        ],
      },
    },
    required: ['id', 'lines', 'to'],
    additionalProperties: false,
  })
})

test('no arguments are strict too', () => {
  expect(toStrictSchema(toJsonSchema(z.object({})))).toMatchObject({ additionalProperties: false })
})

test('definitions that refer to one another are converted', () => {
  interface Node {
    value: string
    next: Node | null
  }
  const node: z.ZodType<Node> = z.object({ value: z.string(), next: z.lazy(() => node.nullable()) })
  const strict = toStrictSchema(toJsonSchema(z.object({ first: node })))
  expect(JSON.stringify(strict).match(/"additionalProperties":false/g)).toHaveLength(2)
})

const nested = (depth: number): JsonObject => {
  if (depth === 0) return { type: 'string' }
  return { type: 'object', properties: { a: nested(depth - 1) }, required: ['a'] }
}

test('objects may be nested ten deep', () => {
  expect(toStrictSchema(nested(10))).toBeDefined()
  expect(toStrictSchema(nested(11))).toBeUndefined()
})

test('a remark on a reference stands around it', () => {
  const address = z.object({ city: z.string() }).meta({ id: 'Address' })
  const strict = toStrictSchema(
    toJsonSchema(z.object({ home: address.describe('At night.'), work: address })),
  )
  expect(strict?.properties).toEqual({
    home: { description: 'At night.', anyOf: [{ $ref: '#/$defs/Address' }] },
    work: { $ref: '#/$defs/Address' },
  })
})

/** One of several objects, told apart by the values of `k`. */
const oneOf = (...kinds: readonly (readonly JsonValue[])[]) => ({
  oneOf: kinds.map((values) => ({
    type: 'object',
    properties: { k: { type: 'string', enum: values } },
    required: ['k'],
  })),
})

const withOneOf = (...kinds: readonly (readonly JsonValue[])[]): JsonObject => ({
  type: 'object',
  properties: { a: oneOf(...kinds) },
  required: ['a'],
})

test('a union of objects that a property tells apart is one of any of them', () => {
  const walk = z.object({ kind: z.literal('walk'), km: z.number() })
  const sleep = z.object({ kind: z.enum(['sleep', 'nap']), until: z.string() })
  const strict = toStrictSchema(toJsonSchema(z.object({ a: z.discriminatedUnion('kind', [walk, sleep]) })))
  const closed = { additionalProperties: false }
  expect(strict?.properties).toEqual({
    a: { anyOf: [expect.objectContaining(closed), expect.objectContaining(closed)] },
  })
  expect(toStrictSchema(withOneOf(['a'], ['b', 'c']))).toBeDefined()
})

test('what tells the objects of a union apart stands first in each of them', () => {
  const cat = z.object({ name: z.string(), kind: z.literal('cat') })
  const dog = z.object({ name: z.string(), kind: z.literal('dog'), age: z.number() })
  for (const pet of [z.union([cat, dog, z.null()]), z.discriminatedUnion('kind', [cat, dog])]) {
    const strict = toStrictSchema(toJsonSchema(z.object({ pet })))
    expect(JSON.stringify(strict).match(/"properties":{"kind":{[^}]*},"name"/g)).toHaveLength(2)
  }
})

test('values say which type they have', () => {
  const schema = { a: { enum: ['b', 'c'] }, n: { const: 1 }, t: { enum: [true] } }
  expect(
    toStrictSchema({ type: 'object', properties: schema, required: ['a', 'n', 't'] })?.properties,
  ).toEqual({
    a: { type: 'string', enum: ['b', 'c'] },
    n: { type: 'number', const: 1 },
    t: { type: 'boolean', enum: [true] },
  })
})

const chosen = (count: number, length = 4) =>
  z.object({ a: z.enum(Array.from({ length: count }, (_, index) => String(index).padEnd(length, '_'))) })

test.each([
  ['1,000 values', chosen(1000), chosen(1001)],
  ['15,000 characters when there are many', chosen(300, 50), chosen(300, 51)],
  ['any length when there are few', chosen(250, 400), chosen(250, 480)],
])('enums may have %s', (_, most, more) => {
  expect(toStrictSchema(toJsonSchema(most))).toBeDefined()
  expect(toStrictSchema(toJsonSchema(more))).toBeUndefined()
})

describe('cannot be strict:', () => {
  test.each<[string, Schema | JsonObject]>([
    ['an optional property', z.object({ a: z.string().optional() })],
    ['an optional property deep inside', z.object({ a: z.array(z.object({ b: z.number().default(1) })) })],
    ['an open object', z.looseObject({ a: z.string() })],
    ['a record', z.object({ a: z.record(z.string(), z.string()) })],
    ['a tuple', z.object({ a: z.tuple([z.string(), z.number()]) })],
    ['a URL', z.object({ a: z.url() })],
    ['a pattern that looks ahead', z.object({ a: z.string().regex(/^(?!x)/) })],
    ['a pattern that looks back', z.object({ a: z.string().regex(/^(a|b)\1$/) })],
    ['anything at all', z.object({ a: z.any() })],
    ['a list of anything', z.object({ a: z.array(z.unknown()) })],
    [
      'a list of nobody knows what',
      { type: 'object', properties: { a: { type: 'array' } }, required: ['a'] },
    ],
    [
      'an object of nobody knows what',
      { type: 'object', properties: { a: { type: 'object' } }, required: ['a'] },
    ],
    [
      'a value of several types that are not said',
      { type: 'object', properties: { a: { enum: ['b', 1] } }, required: ['a'] },
    ],
    [
      'an object that nobody knows',
      { type: 'object', properties: { a: { const: { b: 1 } } }, required: ['a'] },
    ],
    ['a choice at the root', { type: 'object', properties: {}, ...oneOf(['a'], ['b']) }],
    ['a choice whose values may fit two', withOneOf(['a'], ['a', 'b'])],
    [
      'a choice within a choice',
      { type: 'object', properties: { a: { anyOf: [], ...oneOf(['a'], ['b']) } }, required: ['a'] },
    ],
    [
      'a choice that may be null twice',
      {
        type: 'object',
        properties: {
          a: { oneOf: oneOf(['a'], ['b']).oneOf.map((one) => ({ ...one, type: ['object', 'null'] })) },
        },
        required: ['a'],
      },
    ],
    [
      'objects that begin alike',
      z.object({ a: z.union([z.object({ b: z.string(), c: z.string() }), z.object({ b: z.string() })]) }),
    ],
    [
      'a choice of which one is any object',
      {
        type: 'object',
        properties: { a: { oneOf: [...oneOf(['a'], ['b']).oneOf, { type: 'object', properties: {} }] } },
        required: ['a'],
      },
    ],
    ['a choice by the same objects', withOneOf([{}], [{}])],
    ['values of several types', z.object({ a: z.literal([1, 'b']) })],
    [
      'more than a reference',
      { type: 'object', properties: { a: { $ref: '#', minItems: 1 } }, required: ['a'] },
    ],
    ['an intersection', { type: 'object', properties: { a: { allOf: [] } }, required: ['a'] }],
    ['a string of limited length', z.object({ a: z.string().max(5) })],
    ['a union at the root', { anyOf: [{ type: 'object' }] }],
    ['anything but an object at the root', { type: 'array', items: { type: 'string' } }],
    ['a keyword that we do not know', { type: 'object', properties: {}, required: [], not: {} }],
  ])('%s', (_title, schema) => {
    const json = '~standard' in schema ? toJsonSchema(schema as Schema) : schema
    expect(toStrictSchema(json)).toBeUndefined()
  })
})
