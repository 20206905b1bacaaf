import { isJsonObject, type JsonObject, parseWritableJson } from '../core/json.js'

/** The arguments of a tool call; their text where that is no JSON object. A tool without parameters may be called with no text at all, or with `null`. */
export function parseArguments(text: string): JsonObject | string {
  if (text.trim() === '') return {}
  const value = parseWritableJson(text)
  if (value === null) return {}
  return isJsonObject(value) ? value : text
}
