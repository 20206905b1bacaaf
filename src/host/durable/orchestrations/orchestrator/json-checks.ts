/** @throws {Error} naming what it is, when it is no text. */
export function asText(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new Error(`${what} is not a text.`)
}

/** @throws {Error} naming what it is, when it is no finite number. */
export function asNumber(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new Error(`${what} is not a number.`)
}

/** @throws {Error} naming what it is, when it is no list. */
export function asList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`${what} is not a list.`)
}
