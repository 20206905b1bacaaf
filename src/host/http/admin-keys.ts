import type { FunctionDefinition } from '../functions.js'
import type { AppKeys } from '../keys/app-keys.js'
import type { NamedKey } from '../keys/secret-files.js'

/**
 * The keys that a path below `/admin/` asks for: `host/keys`, `host/systemkeys` and `functions/{name}/keys`, or one of each by its
 * name (Functions host: keys API). Undefined for other paths, and where there is no such key or function.
 */
export function findKeys(
  parts: readonly string[],
  functions: readonly FunctionDefinition[],
  keys: AppKeys,
): object | undefined {
  const [area = '', name = '', third] = parts
  if (area.toLowerCase() === 'host') return toAnswer(findHostKeys(name.toLowerCase(), third, keys), third)
  const definition = functions.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (area.toLowerCase() !== 'functions' || third?.toLowerCase() !== 'keys' || definition === undefined) {
    return undefined
  }
  return toAnswer(keys.ofFunction(definition.name), parts[3])
}

function toAnswer(keys: readonly NamedKey[] | undefined, keyName: string | undefined): object | undefined {
  if (keys === undefined) return undefined
  if (keyName === undefined) return { keys }
  return keys.find(({ name }) => name.toLowerCase() === keyName.toLowerCase())
}

function findHostKeys(
  subject: string,
  keyName: string | undefined,
  keys: AppKeys,
): readonly NamedKey[] | undefined {
  const { master, functionKeys, systemKeys } = keys.host
  if (subject === 'systemkeys') return systemKeys
  if (subject !== 'keys') return undefined
  return keyName === '_master' ? [{ ...master, name: '_master' }] : functionKeys
}
