/** A JSON object whose members nobody has checked yet. */
export type UncheckedObject = Readonly<Record<string, unknown>>

/** True for what JSON calls an object: not null, not an array. */
export function isObject(value: unknown): value is UncheckedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value itself when it is an object, otherwise an empty one. */
export function toObject(value: unknown): UncheckedObject {
  return isObject(value) ? value : {}
}
