/**
 * The same value, but each surrogate without its other half in its texts is the replacement character; the value itself
 * when there is none. Text that was cut in the middle of an emoji has one. Such text is valid in JSON, but many servers
 * refuse to read it (RFC 8259, section 8.2).
 */
export function toWellFormed<T>(value: T): T
export function toWellFormed(value: unknown): unknown {
  return isWellFormed(value) ? value : replaceHalves(value)
}

/** Whole conversations are asked before each call of a model, so this makes nothing. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isWellFormed)
  for (const name in value) {
    if (!name.isWellFormed() || !isWellFormed(value[name as keyof typeof value])) return false
  }
  return true
}

/** Members without halves stay the values that they are. */
function replaceHalves(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const formed = entries.map(([name, member]) => [name.toWellFormed(), replaceHalves(member)] as const)
  const isSame = formed.every(
    ([name, member], at) => name === entries[at]?.[0] && member === entries[at]?.[1],
  )
  if (isSame) return value
  return Array.isArray(value) ? formed.map(([, member]) => member) : Object.fromEntries(formed)
}
