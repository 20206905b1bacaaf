import { AgentError } from '../../core/errors.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js'

/** How deep a sample may be nested, how many values it may have, and how many characters each of them. */
const most = { depth: 50, values: 5_000, characters: 1_000 }

interface Place {
  readonly root: JsonObject
  readonly depth: number
  /** How many values there may still be. */
  readonly budget: { values: number }
}

/**
 * The smallest value that fits a JSON Schema. Knows what structured outputs use, not all of JSON Schema.
 * @throws {AgentError} `model_error` when it would be large.
 */
export function createSample(schema: JsonObject): JsonValue {
  return createPart(schema, { root: schema, depth: 0, budget: { values: most.values } })
}

function createPart(schema: JsonObject, place: Place): JsonValue {
  const { root, depth, budget } = place
  budget.values -= 1
  if (depth > most.depth || budget.values < 0) throw createTooLargeError()
  const inner = { ...place, depth: depth + 1 }
  const target = resolveReference(schema, root)
  if (target.const !== undefined) return target.const
  if (target.default !== undefined) return target.default
  if (Array.isArray(target.enum)) return target.enum[0]
  const alternatives = target.anyOf ?? target.oneOf ?? target.allOf
  const chosen = Array.isArray(alternatives) ? chooseAlternative(alternatives) : undefined
  return chosen === undefined ? createTyped(target, inner) : createPart(chosen, inner)
}

// Null ends what would otherwise go on for ever: a list's next node, a tree's next branch.
function chooseAlternative(alternatives: readonly unknown[]): JsonObject | undefined {
  const schemas = alternatives.filter(isJsonObject)
  return schemas.find((schema) => readType(schema) === 'null') ?? schemas[0]
}

function createTyped(schema: JsonObject, place: Place): JsonValue {
  switch (readType(schema)) {
    case 'string':
      return createSampleText(schema)
    case 'number':
    case 'integer':
      return createSampleNumber(schema)
    case 'boolean':
      return false
    case 'null':
      return null
    case 'array': {
      const items = isJsonObject(schema.items) ? schema.items : { type: 'null' }
      const length = toNumber(schema.minItems, 0)
      if (length > place.budget.values) throw createTooLargeError()
      return Array.from({ length }, () => createPart(items, place))
    }
    default:
      return Object.fromEntries(
        readRequired(schema).map(([property, inner]) => [property, createPart(inner, place)]),
      )
  }
}

const sampleTexts: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'demo@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function createSampleText({ format, minLength, maxLength }: JsonObject): string {
  const text = (typeof format === 'string' && sampleTexts[format]) || 'demo'
  const least = toNumber(minLength, 0)
  if (least > most.characters) throw createTooLargeError()
  return text.padEnd(least, '.').slice(0, toNumber(maxLength, Number.POSITIVE_INFINITY))
}

function createSampleNumber(schema: JsonObject): number {
  const step = 1
  const low = toNumber(schema.minimum, toNumber(schema.exclusiveMinimum, -step) + step)
  const high = toNumber(schema.maximum, toNumber(schema.exclusiveMaximum, Number.POSITIVE_INFINITY) - step)
  return Math.min(low, high)
}

function createTooLargeError(): AgentError {
  const message = 'The demo model gives no answers as large as this schema asks for.'
  return new AgentError('model_error', message)
}

function resolveReference(schema: JsonObject, root: JsonObject): JsonObject {
  if (typeof schema.$ref !== 'string') return schema
  const path = schema.$ref.split('/').slice(1)
  const target = path.reduce<unknown>((at, name) => (isJsonObject(at) ? at[name] : undefined), root)
  return isJsonObject(target) ? target : {}
}

/** The required properties of an object schema with their schemas, in the order in which they are required. */
export function readRequired({ properties, required }: JsonObject): [string, JsonObject][] {
  if (!isJsonObject(properties) || !Array.isArray(required)) return []
  return required.map((name): [string, JsonObject] => {
    const schema = properties[name]
    return [name, isJsonObject(schema) ? schema : {}]
  })
}

/** The type that a schema names, the first one if it names several. */
export function readType({ type }: JsonObject): unknown {
  return Array.isArray(type) ? type[0] : type
}

function toNumber(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}
