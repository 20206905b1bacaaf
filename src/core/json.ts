/** Any value that JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject

/** A JSON object. Members that are `undefined` are left out when it is written. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}

/** True for JSON objects: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value that may be a JSON object; `undefined` when it is none. */
export function readObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

/** True when arrays and objects are nested deeper than `limit`; however deep, finding out takes no stack. */
export function isDeeperThan(value: JsonValue, limit: number): boolean {
  let level = [value].filter(isContainer)
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true
    level = level.flatMap((container) => Object.values(container).filter(isContainer))
  }
  return false
}

function isContainer(value: unknown): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null
}

/** Parses text that may not be JSON; `undefined` when it is not. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is nested much deeper than this can be read, but not be written again. */
const maxWritableDepth = 1000

/** Parses what somebody else made and we are to keep; `undefined` when it is no JSON, or is nested deeper than 1,000 levels. */
export function parseWritableJson(text: string): JsonValue | undefined {
  const value = parseJson(text)
  return value === undefined || isDeeperThan(value, maxWritableDepth) ? undefined : value
}

/** One text for equal values, whatever the order of their keys: what digests are taken of. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isJsonObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/**
 * A value as JSON brings it back: of maps and sets their members, and `null` for what JSON leaves out, such as functions.
 * @throws {TypeError} when JSON cannot say it: circles, and bigints.
 */
export function toJsonValue(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value, withMembers) ?? 'null')
}

/**
 * What a tool has given, as JSON brings it back.
 * @throws {TypeError} also for what JSON makes `{}` of, such as an error or the response of a `fetch`: a model would take it for an empty result.
 */
export function toResultValue(value: unknown): JsonValue {
  const result = toJsonValue(value)
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (kind === 'Object' || kind === 'Map' || JSON.stringify(result) !== '{}') return result
  throw new TypeError(`of a value of type ${kind} JSON says nothing; execute must return what is in it.`)
}

function withMembers(_key: string, member: unknown): unknown {
  if (member instanceof Map) return Object.fromEntries(member)
  return member instanceof Set ? [...member] : member
}

/** A value as text: texts as they are, anything else as JSON. */
export function toJsonText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
