import { isJsonObject, type JsonValue } from '../core/json.js'

/** A body without the fields that are `null`, as clients of typed languages send what they do not say. Fields that there are not stay, to be refused. */
export function withoutNulls(body: JsonValue, { shape }: { readonly shape: object }): JsonValue {
  if (!isJsonObject(body)) return body
  const isSaid = ([name, value]: readonly [string, unknown]) => value !== null || !Object.hasOwn(shape, name)
  return Object.fromEntries(Object.entries(body).filter(isSaid))
}
