/** Which entity: `name` as its function is called, in lower case; `key` exactly as given, `''` allowed. */
export interface EntityId {
  readonly name: string
  readonly key: string
}

/** Makes an id from what a caller wrote: names compare ignoring case, keys do not. */
export function toEntityId(name: string, key: string): EntityId {
  return { name: name.toLowerCase(), key }
}

/** The instance id that the task hub keeps an entity under: `@name@key`. */
export function toInstanceId(entity: EntityId): string {
  return `@${entity.name}@${entity.key}`
}

/** The inverse of {@link toInstanceId}. @throws {Error} for an id that is not an entity's. */
export function fromInstanceId(instanceId: string): EntityId {
  const separator = instanceId.indexOf('@', 1)
  if (!instanceId.startsWith('@') || separator < 0) throw new Error(`'${instanceId}' is not an entity's id.`)
  return { name: instanceId.slice(1, separator), key: instanceId.slice(separator + 1) }
}

// The store of the real extension cannot hold these in a key.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const forbiddenInKey = /[/\\#?\u0000-\u001f\u007f-\u009f]/

/** True when `key` may name an entity: no `/`, `\`, `#`, `?` and no control characters. */
export function isEntityKey(key: string): boolean {
  return !forbiddenInKey.test(key)
}
