import { isJsonObject, type JsonObject, type JsonValue } from './json.js'

/**
 * Keywords that may stand as they are in a schema that a provider holds its model to. (OpenAI, "Structured Outputs",
 * Supported schemas.)
 */
const simple = new Set([
  'title',
  'description',
  'type',
  'enum',
  'const',
  '$ref',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
])

const formats = new Set<unknown>([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
])

/** Patterns that look around are beyond the automata that hold models to them. */
const lookaround = /\(\?<?[=!]/

/** How deep objects may be nested, and how many properties there may be in all. */
const maxDepth = 10
const maxProperties = 5000

/**
 * The schema in the strict subset, in which every object names all its properties, requires them and allows no others;
 * `undefined` when it cannot be said there without changing what it means, e.g. because a property is optional.
 */
export function toStrictSchema(schema: JsonObject): JsonObject | undefined {
  if (schema.type !== 'object' || schema.anyOf !== undefined) return undefined
  const budget = { properties: maxProperties }
  try {
    return convert(schema, 0, budget)
  } catch (error) {
    if (error instanceof NotStrict) return undefined
    throw error
  }
}

class NotStrict extends Error {}

interface Budget {
  properties: number
}

function convert(schema: JsonValue | undefined, depth: number, budget: Budget): JsonObject {
  if (!isJsonObject(schema) || depth > maxDepth) throw new NotStrict()
  const members = Object.entries(schema).map(([keyword, value]) => [
    keyword,
    convertMember(schema, keyword, value, depth, budget),
  ])
  return {
    ...Object.fromEntries(members),
    ...(isObjectSchema(schema) ? { additionalProperties: false } : {}),
  }
}

function convertMember(
  schema: JsonObject,
  keyword: string,
  value: JsonValue | undefined,
  depth: number,
  budget: Budget,
): JsonValue | undefined {
  switch (keyword) {
    case 'properties':
      return convertProperties(value, schema.required, depth, budget)
    case '$defs':
      return convertAll(value, depth, budget)
    case 'items':
      return convert(value, depth, budget)
    case 'anyOf':
      if (!Array.isArray(value)) throw new NotStrict()
      return value.map((one: JsonValue) => convert(one, depth, budget))
    case 'required':
      return value
    case 'format':
      if (!formats.has(value)) throw new NotStrict()
      return value
    case 'pattern':
      if (typeof value !== 'string' || lookaround.test(value)) throw new NotStrict()
      return value
    case 'additionalProperties':
      if (value !== false) throw new NotStrict()
      return value
    default:
      if (!simple.has(keyword)) throw new NotStrict()
      return value
  }
}

function convertProperties(
  properties: JsonValue | undefined,
  required: JsonValue | undefined,
  depth: number,
  budget: Budget,
): JsonObject {
  const converted = convertAll(properties, depth + 1, budget)
  const names = Object.keys(converted)
  budget.properties -= names.length
  const isComplete = names.every((name) => Array.isArray(required) && required.includes(name))
  if (!isComplete || budget.properties < 0) throw new NotStrict()
  return converted
}

function convertAll(schemas: JsonValue | undefined, depth: number, budget: Budget): JsonObject {
  if (!isJsonObject(schemas)) throw new NotStrict()
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, convert(schema, depth, budget)]),
  )
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return properties !== undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
}
