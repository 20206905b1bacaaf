import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { isObject, type UncheckedObject } from '../unchecked-object.js'

/** A key under its name, as the files of the Functions host spell it (Functions host: FileSystemSecretsRepository). */
export interface NamedKey {
  readonly name: string
  readonly value: string
}

/** The keys that hold for the whole app. */
export interface HostSecrets {
  /** Opens everything. */
  readonly master: NamedKey
  /** Open every function. */
  readonly functionKeys: readonly NamedKey[]
  /** Open what one extension answers under `/runtime/webhooks`. */
  readonly systemKeys: readonly NamedKey[]
}

/** A key that nobody can guess: 32 random bytes. */
function createKey(name: string): NamedKey {
  return { name, value: randomBytes(32).toString('base64url') }
}

/**
 * Reads `<folder>/host.json`, or makes it with random keys, a system key for each of the names. Whoever comes first makes it;
 * processes that start at the same time get the same keys.
 * Security: readable for its owner only.
 * @throws {AgentError} `invalid_configuration` when the file cannot be read or written.
 */
export function readHostSecrets(folder: string, systemKeyNames: readonly string[]): HostSecrets {
  const file = readOrCreate(folder, 'host.json', {
    masterKey: toFileKey(createKey('master')),
    functionKeys: [toFileKey(createKey('default'))],
    systemKeys: systemKeyNames.map((name) => toFileKey(createKey(name))),
  })
  const [master] = toKeys([file.masterKey])
  if (master === undefined) throw unusable(join(folder, 'host.json'), 'it has no masterKey')
  return { master, functionKeys: toKeys(file.functionKeys), systemKeys: toKeys(file.systemKeys) }
}

/** Reads `<folder>/<function>.json`, or makes it with one random key, as {@link readHostSecrets}. @throws as that. */
export function readFunctionSecrets(folder: string, functionName: string): readonly NamedKey[] {
  const fresh = { keys: [toFileKey(createKey('default'))] }
  return toKeys(readOrCreate(folder, `${functionName.toLowerCase()}.json`, fresh).keys)
}

function toFileKey({ name, value }: NamedKey) {
  return { name, value, encrypted: false }
}

function toKeys(value: unknown): readonly NamedKey[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((key: unknown) =>
    isObject(key) && typeof key.name === 'string' && typeof key.value === 'string' && key.value !== ''
      ? [{ name: key.name, value: key.value }]
      : [],
  )
}

function readOrCreate(folder: string, name: string, fresh: object): UncheckedObject {
  const path = join(folder, name)
  try {
    createOnce(folder, path, `${JSON.stringify(fresh, undefined, 2)}\n`)
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (isObject(parsed)) return parsed
  } catch (error) {
    throw unusable(path, toErrorMessage(error))
  }
  throw unusable(path, 'it holds no JSON object')
}

/** Nobody ever sees half of the file: it appears whole, under its name, unless it is there already. */
function createOnce(folder: string, path: string, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
}

function unusable(path: string, why: string): AgentError {
  return new AgentError('invalid_configuration', `The file of keys '${path}' cannot be used: ${why}.`)
}
