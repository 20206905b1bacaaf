import { isJsonObject, type JsonObject, type JsonValue, toCanonicalJson } from './json.js'

/**
 * The schemas of a union as the strict form takes them in an `anyOf`; `undefined` when that would say something else, or is refused. Those of a
 * `oneOf` have to be exclusive. Objects that begin with the same property are refused where it does not tell them apart: one that does goes first.
 * (OpenAI, "Structured Outputs", and what the API says of `anyOf`.)
 */
export function toAlternatives(
  schemas: readonly JsonValue[],
  isOneOf: boolean,
): readonly JsonValue[] | undefined {
  const objects = schemas.filter(hasProperties)
  const tag = objects.length > 1 ? findTag(objects) : undefined
  if (isOneOf && (tag === undefined || objects.length < schemas.length)) return undefined
  if (tag !== undefined) return schemas.map((one) => (hasProperties(one) ? withFirst(one, tag) : one))
  const first = objects.map(({ properties }) => Object.keys(properties)[0])
  return new Set(first).size === first.length ? schemas : undefined
}

type ObjectSchema = JsonObject & { readonly properties: JsonObject }

function hasProperties(schema: JsonValue): schema is ObjectSchema {
  return isJsonObject(schema) && isJsonObject(schema.properties) && Object.keys(schema.properties).length > 0
}

/** The property, all of them being required, by which each of these objects differs from all others. */
function findTag(objects: readonly ObjectSchema[]): string | undefined {
  return Object.keys(objects[0]?.properties ?? {}).find((name) => {
    const values = objects.map((schema) => listValues(schema, name))
    const texts = values.flatMap((some) => (some ?? []).map(toCanonicalJson))
    return !values.includes(undefined) && new Set(texts).size === texts.length
  })
}

/** The values that a property may have; `undefined` when it may have any, or there may be no object. */
function listValues({ type, properties }: ObjectSchema, name: string): readonly JsonValue[] | undefined {
  const { [name]: property } = properties
  if (type !== 'object' || !isJsonObject(property)) return undefined
  if (property.const !== undefined) return [property.const]
  return Array.isArray(property.enum) ? property.enum : undefined
}

function withFirst(schema: ObjectSchema, name: string): JsonObject {
  return { ...schema, properties: { [name]: schema.properties[name], ...schema.properties } }
}
