import { isJsonObject, type JsonObject, type JsonValue, toJsonText } from './json.js'
import { toAlternatives } from './strict-union.js'

/**
 * Keywords that may stand as they are in a schema that a provider holds its model to. (OpenAI, "Structured Outputs",
 * Supported schemas.)
 */
const simple = new Set([
  'title',
  'description',
  'type',
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

/** Patterns that look around, or back, are beyond the automata that hold models to them. */
const beyondAutomata = /\(\?<?[=!]|\\[1-9k]/

/** How deep objects may be nested. */
const maxDepth = 10

/** How much there may be in all: properties, values of enums, and characters of names and of values. */
const most = { properties: 5000, enumValues: 1000, characters: 120_000 }

/** The values of one enum that are more than this may only have so many characters. */
const longEnum = { values: 250, characters: 15_000 }

/**
 * The schema in the strict subset, in which every object names all its properties, requires them and allows no others;
 * `undefined` when it cannot be said there without changing what it means, e.g. because a property is optional.
 */
export function toStrictSchema(schema: JsonObject): JsonObject | undefined {
  if (schema.type !== 'object' || (schema.anyOf ?? schema.oneOf) !== undefined) return undefined
  const budget = { ...most }
  try {
    return convert(schema, 0, budget)
  } catch (error) {
    if (error instanceof NotStrict) return undefined
    throw error
  }
}

class NotStrict extends Error {}

type Budget = { -readonly [Name in keyof typeof most]: number }

/** Uses some of the budget up; once a share of it is gone nothing is strict. */
function spend(budget: Budget, name: keyof Budget, amount: number): void {
  budget[name] -= amount
  if (budget[name] < 0) throw new NotStrict()
}

function convert(schema: JsonValue | undefined, depth: number, budget: Budget): JsonObject {
  if (!isJsonObject(schema) || depth > maxDepth) throw new NotStrict()
  if (schema.$ref !== undefined) return convertReference(schema)
  const said = withAnyOf(withType(schema))
  if (!isDetermined(said)) throw new NotStrict()
  const members = Object.entries(said).map(([keyword, value]) => [
    keyword,
    convertMember(said, keyword, value, depth, budget),
  ])
  return {
    ...Object.fromEntries(members),
    ...(schema.properties === undefined ? {} : { additionalProperties: false }),
  }
}

/** A reference may stand with nothing beside it. */
function convertReference({ $ref = null, ...beside }: JsonObject): JsonObject {
  if (Object.keys(beside).some((keyword) => !isRemark(keyword))) throw new NotStrict()
  return Object.keys(beside).length === 0 ? { $ref } : { ...beside, anyOf: [{ $ref }] }
}

/** Whether a keyword says nothing about which values fit. */
function isRemark(keyword: string): boolean {
  return keyword === 'title' || keyword === 'description'
}

/** With the type that all its values have, where it lists them and does not say. */
function withType(schema: JsonObject): JsonObject {
  if (schema.type !== undefined) return schema
  const values = schema.const === undefined ? schema.enum : [schema.const]
  if (!Array.isArray(values)) return schema
  const [type, ...others] = new Set(values.map((value) => typeof value))
  return type === undefined || others.length > 0 ? schema : { type, ...schema }
}

/** With its union, if there is one, as `anyOf`. */
function withAnyOf({ oneOf, ...schema }: JsonObject): JsonObject {
  const { anyOf } = schema
  if (oneOf === undefined && anyOf === undefined) return schema
  const [union, ...others] = [oneOf, anyOf].filter((one) => one !== undefined)
  const isUnion = others.length === 0 && Array.isArray(union)
  const alternatives = isUnion ? toAlternatives(union, oneOf !== undefined) : undefined
  if (alternatives === undefined) throw new NotStrict()
  return { ...schema, anyOf: alternatives }
}

/** Providers want to be told the type of everything, of an array's items and an object's properties too. */
function isDetermined({ type, anyOf, items, properties }: JsonObject): boolean {
  const types = Array.isArray(type) ? type : [type]
  if (types.includes('array') && items === undefined) return false
  if (types.includes('object') && properties === undefined) return false
  return anyOf !== undefined || type !== undefined
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
    case 'enum':
      return checkEnum(value, budget)
    case 'const':
      spend(budget, 'characters', toLength(value))
      return value
    case 'required':
      return value
    case 'format':
      if (!formats.has(value)) throw new NotStrict()
      return value
    case 'pattern':
      if (typeof value !== 'string' || beyondAutomata.test(value)) throw new NotStrict()
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
  spend(budget, 'properties', names.length)
  if (!names.every((name) => Array.isArray(required) && required.includes(name))) throw new NotStrict()
  return converted
}

function convertAll(schemas: JsonValue | undefined, depth: number, budget: Budget): JsonObject {
  if (!isJsonObject(schemas)) throw new NotStrict()
  spend(budget, 'characters', countCharacters(Object.keys(schemas)))
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, convert(schema, depth, budget)]),
  )
}

function checkEnum(values: JsonValue | undefined, budget: Budget): JsonValue {
  if (!Array.isArray(values)) throw new NotStrict()
  const characters = countCharacters(values)
  if (values.length > longEnum.values && characters > longEnum.characters) throw new NotStrict()
  spend(budget, 'enumValues', values.length)
  spend(budget, 'characters', characters)
  return values
}

function countCharacters(values: readonly JsonValue[]): number {
  return values.reduce((characters: number, value) => characters + toLength(value), 0)
}

function toLength(value: JsonValue | undefined): number {
  return toJsonText(value).length
}
