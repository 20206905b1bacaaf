import { type JsonValue, parseJson } from '../../../core/json.js'

/** An id that says to us, and to nobody else, what it names. */
export function toOpaqueId(prefix: string, fields: readonly JsonValue[]): string {
  return prefix + Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/** What an id names that {@link toOpaqueId} made; `undefined` for any other text, also for one that decodes to the same. */
export function parseOpaqueId(prefix: string, id: string): readonly JsonValue[] | undefined {
  if (!id.startsWith(prefix)) return undefined
  const fields = parseJson(Buffer.from(id.slice(prefix.length), 'base64url').toString())
  return Array.isArray(fields) && toOpaqueId(prefix, fields) === id ? fields : undefined
}
