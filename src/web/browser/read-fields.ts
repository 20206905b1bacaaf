import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js'

/** A text member; empty when it is none. What apps of other releases leave out is shown as nothing, and breaks nothing. */
export function readText(data: JsonObject, name: string): string {
  const value = data[name]
  return typeof value === 'string' ? value : ''
}

/** A text member; `undefined` when it is none. */
export function readOptionalText(data: JsonObject, name: string): string | undefined {
  const value = data[name]
  return typeof value === 'string' ? value : undefined
}

/** A number member; 0 when it is none. */
export function readNumber(data: JsonObject, name: string): number {
  const value = data[name]
  return typeof value === 'number' ? value : 0
}

/** An object member; empty when it is none. */
export function readObject(data: JsonObject, name: string): JsonObject {
  const value = data[name]
  return isJsonObject(value) ? value : {}
}

/** The texts in a list member; none when it is no list. */
export function readTexts(data: JsonObject, name: string): readonly string[] {
  const value: JsonValue | undefined = data[name]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** The objects in a list member; none when it is no list. */
export function readObjects(data: JsonObject, name: string): readonly JsonObject[] {
  const value: JsonValue | undefined = data[name]
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
