import { stripJsonComments } from '../../core/host-json.js'
import { parseWritableJson } from '../../core/json.js'
import type { TypedData } from '../functions.js'
import { isObject, toObject } from '../unchecked-object.js'

/**
 * What a trigger tells besides its value, by name (Functions host: binding data). Names compare ignoring case; a later value
 * takes the place of an earlier one under the spelling of the first.
 */
export class TriggerMetadata {
  // Without a prototype: messages and requests may hold the key `__proto__`.
  readonly #values: Record<string, TypedData> = Object.create(null)
  readonly #spelling = new Map<string, string>()

  put(name: string, value: TypedData): this {
    const lower = name.toLowerCase()
    const first = this.#spelling.get(lower) ?? name
    this.#spelling.set(lower, first)
    this.#values[first] = value
    return this
  }

  has(name: string): boolean {
    return this.#spelling.has(name.toLowerCase())
  }

  /** Adds the members of a JSON object but for arrays and nulls: objects as JSON, scalars as text the way .NET prints them. */
  putMembers(json: string): this {
    for (const [name, value] of readMembers(json)) this.put(name, value)
    return this
  }

  /** As an invocation takes it. */
  toRecord(): Readonly<Record<string, TypedData>> {
    return this.#values
  }
}

/**
 * Text that is no JSON object has no members, nor has an object that is nested too deep to be written again. Comments and
 * trailing commas do not make it none; nor would single quotes and names without quotes in Azure, which are not read here.
 */
function readMembers(json: string): readonly (readonly [name: string, value: TypedData])[] {
  if (!/^\s*\{/.test(json)) return []
  const parsed = parseWritableJson(json) ?? parseWithComments(json)
  return Object.entries(toObject(parsed)).flatMap(toMember)
}

function parseWithComments(json: string): unknown {
  try {
    return parseWritableJson(stripJsonComments(json))
  } catch {
    // A text of many megabytes is too long for that.
    return undefined
  }
}

function toMember([name, value]: readonly [string, unknown]): readonly (readonly [string, TypedData])[] {
  if (isObject(value)) return [[name, { json: JSON.stringify(value) }]]
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return []
  return [[name, { string: toDotNetText(value) }]]
}

/**
 * A JSON scalar as .NET prints it, which is how body fields reach `request.params` of streaming apps
 * (Functions host: HTTP binding data): `true` is `True`, 1e21 is `1E+21`, 1e-7 is `1E-07`.
 */
export function toDotNetText(value: string | number | boolean): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(value).replace(
    /e([+-])(\d+)$/,
    (_, sign: string, digits: string) => `E${sign}${digits.padStart(2, '0')}`,
  )
}
