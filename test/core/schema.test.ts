import { expect, test } from 'vitest'
import { z } from 'zod'
import { checkJsonSchema, fromJsonSchema, shareCheckLimit } from '../../src/core/caller-schema.js'
import type { JsonObject, JsonValue } from '../../src/core/json.js'
import { parseWith } from '../../src/core/schema.js'

test('a schema made from JSON Schema says what does not fit', async () => {
  const schema = fromJsonSchema({ type: 'object', properties: { age: { type: 'integer', minimum: 0 } } })
  expect(await parseWith(schema, { age: 3 })).toEqual({ ok: true, value: { age: 3 } })
  expect(await parseWith(schema, { age: -1 })).toMatchObject({ ok: false, issues: [{ path: 'age' }] })
})

/** Each alternative leads to two more: `depth` of them take 2^depth checks. */
function createBush(depth: number): JsonObject {
  const names = Array.from({ length: depth }, (_, level) => `#/$defs/${level + 1}`)
  const levels = names.map(($ref, level) => [level, { anyOf: [{ $ref }, { $ref }] }])
  return { $ref: '#/$defs/0', $defs: { ...Object.fromEntries(levels), [depth]: { type: 'string' } } }
}

test.each<[string, JsonObject, JsonValue]>([
  ['a pattern', { type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(60)}!`],
  ['alternatives of alternatives', createBush(60), 5],
])('%s that would take years to check is cut off, and does not fit', async (_, jsonSchema, value) => {
  const issues = [{ path: '', message: 'it could not be checked within 1000 ms' }]
  expect(await parseWith(fromJsonSchema(jsonSchema), value)).toEqual({ ok: false, issues })
})

test('work whose checks share a limit is held up no longer by many of them than by one, and still has its harmless ones', async () => {
  const schema = fromJsonSchema({ type: 'string', pattern: '^(a+)+$' })
  const endless = `${'a'.repeat(60)}!`
  const startedAt = performance.now()
  const checks = await shareCheckLimit(async () => {
    const checked = []
    for (const value of ['aa', endless, endless, endless, endless, 'aa'])
      checked.push(await parseWith(schema, value))
    return checked
  })
  expect(performance.now() - startedAt).toBeLessThan(1900)
  expect(checks.map(({ ok }) => ok)).toEqual([true, false, false, false, false, true])
})

test('a schema with references as deep as the stack is refused like any other that is of no use', () => {
  const $defs = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, level) => [level, { $ref: `#/$defs/${level + 1}` }]),
  )
  const refused = expect.objectContaining({ code: 'invalid_request' })
  expect(() => checkJsonSchema({ $ref: '#/$defs/0', $defs })).toThrow(refused)
})

test('a schema that is wrong in many places names the first of them', () => {
  const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, 5]))
  const issues = Array.from({ length: 10 }, (_, index) => ({
    path: `response_schema.properties.p${index}`,
    message: 'must be a JSON Schema',
  }))
  expect(() => checkJsonSchema({ properties })).toThrow(expect.objectContaining({ issues }))
})

test('what a schema throws at does not fit', async () => {
  const schema = z.object({ url: z.string().transform((text) => new URL(text)) })
  expect(await parseWith(schema, { url: 'nowhere' })).toEqual({
    ok: false,
    issues: [{ path: '', message: 'Invalid URL' }],
  })
})
