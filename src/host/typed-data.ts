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
