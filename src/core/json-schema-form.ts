import { z } from 'zod'
import type { Issue } from './errors.js'
import type { JsonObject } from './json.js'
import { toIssues } from './zod-issues.js'

/** `true` fits anything, `false` nothing. */
const subschema: z.ZodType = z.lazy(() => z.union([jsonSchema, z.boolean()], 'must be a JSON Schema'))
const subschemaOrList: z.ZodType = z.lazy(() =>
  z.union([jsonSchema, z.boolean(), z.array(subschema)], 'must be a JSON Schema'),
)
const subschemas = z.array(subschema).min(1)
const namedSubschemas = z.record(z.string(), subschema)
const texts = z.array(z.string())
const count = z.int().min(0)
const text = z.string()
const limit = z.union([z.number(), z.boolean()], 'must be a number')

/** What each keyword holds (JSON Schema 2020-12; `items` as a list and exclusive limits as flags are older forms). */
const jsonSchema = z
  .looseObject({
    $ref: text,
    $defs: namedSubschemas,
    definitions: namedSubschemas,
    type: z.union([text, texts], 'must be the name of a type, or a list of such'),
    enum: z.array(z.unknown()).min(1),
    title: text,
    description: text,
    format: text,
    pattern: text,
    minLength: count,
    maxLength: count,
    minimum: z.number(),
    maximum: z.number(),
    exclusiveMinimum: limit,
    exclusiveMaximum: limit,
    multipleOf: z.number().gt(0),
    properties: namedSubschemas,
    patternProperties: namedSubschemas,
    propertyNames: subschema,
    additionalProperties: subschema,
    required: texts,
    minProperties: count,
    maxProperties: count,
    items: subschemaOrList,
    prefixItems: subschemas,
    contains: subschema,
    minItems: count,
    maxItems: count,
    uniqueItems: z.boolean(),
    allOf: subschemas,
    anyOf: subschemas,
    oneOf: subschemas,
    not: subschema,
  })
  .partial()

/** What is wrong with the form of a JSON Schema, each by its path in it; keywords that we do not know may hold anything. */
export function findFormIssues(schema: JsonObject): readonly Issue[] {
  return jsonSchema.safeParse(schema).error?.issues.flatMap(toIssues) ?? []
}
