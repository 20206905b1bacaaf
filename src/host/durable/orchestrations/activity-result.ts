import type { TypedData } from '../../functions.js'

/** JSON text of what an activity returned; `null` for nothing. Bytes become base64 (local-host-spec G). */
export function toActivityResult(value: TypedData | null | undefined): string | null {
  if (value === null || value === undefined) return null
  if ('string' in value) return JSON.stringify(value.string)
  if ('json' in value) return value.json ?? null
  if ('bytes' in value) return JSON.stringify(Buffer.from(value.bytes).toString('base64'))
  if ('int' in value) return JSON.stringify(value.int)
  if ('double' in value) return JSON.stringify(value.double)
  return null
}
