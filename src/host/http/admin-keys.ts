import type { AppKeys } from '../keys/app-keys.js'
import type { NamedKey } from '../keys/secret-files.js'

/** What is asked below `/admin/`: `host/keys`, `host/systemkeys`, `functions/{name}/keys`, and one key of each by its name. */
export interface KeyQuestion {
  readonly area: 'host' | 'functions'
  /** In lower case for the host, else the function's name as it is spelt in the app. */
  readonly subject: string
  readonly keyName: string | undefined
}

/** The answer to a question about keys, undefined when there are none (Functions host: keys API). */
export function findKeys({ area, subject, keyName }: KeyQuestion, keys: AppKeys): object | undefined {
  const found = area === 'functions' ? keys.ofFunction(subject) : findHostKeys(subject, keyName, keys)
  if (found === undefined) return undefined
  if (keyName === undefined) return { keys: found, links: [] }
  const key = found.find(({ name }) => name.toLowerCase() === keyName.toLowerCase())
  return key && { ...key, links: [] }
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
