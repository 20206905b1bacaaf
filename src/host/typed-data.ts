import type { TypedData } from './functions.js'

/** The text of a value for a log or an admin answer, or undefined when it carries none. */
export function toText(data: TypedData | null | undefined): string | undefined {
  if (data === null || data === undefined) return undefined
  if ('string' in data) return data.string
  if ('json' in data) return data.json
  if ('bytes' in data) return Buffer.from(data.bytes).toString('utf8')
  if ('int' in data) return String(data.int)
  if ('double' in data) return String(data.double)
  return undefined
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
