import { isJsonObject, type JsonObject, type JsonValue } from './json.js'

/**
 * True when a part of the schema leads back to itself without stepping into the value that is checked, as `{ "$ref": "#" }`
 * does: no value could ever be checked against it. A schema whose properties or items lead back to it is none of these.
 */
export function hasEndlessReference(root: JsonObject): boolean {
  const settled = new Set<JsonObject>()
  const entered = new Set<JsonObject>()
  const isEndless = (schema: JsonObject): boolean => {
    if (settled.has(schema)) return false
    if (entered.has(schema)) return true
    entered.add(schema)
    if (listSteps(schema, root).some(isEndless)) return true
    settled.add(schema)
    return false
  }
  return listObjects(root).some(isEndless)
}

/** The schemas that the same value is checked against (JSON Schema 2020-12, 10.2: subschemas in place). */
function listSteps({ $ref, allOf, anyOf, oneOf }: JsonObject, root: JsonObject): readonly JsonObject[] {
  const parts = [allOf, anyOf, oneOf].flatMap((part) => (Array.isArray(part) ? part : []))
  return [typeof $ref === 'string' ? follow($ref, root) : undefined, ...parts].filter(isJsonObject)
}

/** What a local reference names (RFC 6901). */
function follow(reference: string, root: JsonObject): JsonValue | undefined {
  const names = reference.split('/').slice(1)
  return names.reduce<JsonValue | undefined>((value, name) => {
    return isJsonObject(value) ? value[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }, root)
}

/** Every object in a value, itself included. */
function listObjects(value: JsonValue): readonly JsonObject[] {
  const found: JsonObject[] = []
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (isJsonObject(next)) found.push(next)
    if (typeof next === 'object' && next !== null) for (const member of Object.values(next)) left.push(member)
  }
  return found
}
