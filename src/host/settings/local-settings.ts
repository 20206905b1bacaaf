import { join } from 'node:path'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { stripJsonComments } from '../../core/host-json.js'
import { readOptionalFile } from '../read-optional-file.js'
import { isObject, toObject, type UncheckedObject } from '../unchecked-object.js'

/** local.settings.json, read (Functions command line: local settings file). */
export interface LocalSettings {
  /** App settings by name; connection strings as `ConnectionStrings:Name`. */
  readonly values: Readonly<Record<string, string>>
  readonly port: number | undefined
  readonly address: string | undefined
  /** Comma-separated origins, or `*`. */
  readonly cors: string | undefined
  readonly corsCredentials: boolean
  /** Printed at start: what is odd about the file. */
  readonly warnings: readonly string[]
}

/** Reads `<root>/local.settings.json`. A missing or broken file gives no settings: the latter with a warning. @throws as {@link toLocalSettings}. */
export async function readLocalSettings(root: string): Promise<LocalSettings> {
  const text = await readOptionalFile(join(root, 'local.settings.json'))
  if (text === undefined) return toLocalSettings(noSettings)
  let parsed: unknown
  try {
    parsed = JSON.parse(stripJsonComments(text))
  } catch (error) {
    const warning = `local.settings.json is not valid JSON and was ignored: ${toErrorMessage(error)}`
    return { ...toLocalSettings(noSettings), warnings: [warning] }
  }
  return toLocalSettings(isObject(parsed) ? parsed : noSettings)
}

const noSettings: UncheckedObject = { IsEncrypted: false }

/**
 * Settings of a parsed file. Numbers and booleans become their text, nulls are left out.
 * @throws {AgentError} for a value that is an object or an array, and for one of `Host` that does not fit.
 */
export function toLocalSettings(file: UncheckedObject): LocalSettings {
  const host = toObject(file.Host)
  return {
    values: { ...readValues(file.Values), ...readConnectionStrings(file.ConnectionStrings) },
    port: readPort(host.LocalHttpPort ?? ''),
    address: readText('LocalHttpAddress', host.LocalHttpAddress ?? ''),
    cors: readText('CORS', host.CORS ?? ''),
    corsCredentials: String(host.CORSCredentials).toLowerCase() === 'true',
    warnings: file.IsEncrypted === false ? [] : [encryptionWarning],
  }
}

const encryptionWarning =
  'local.settings.json has no "IsEncrypted": false. The Functions tools would try to decrypt its values; this host reads them as plain text.'

function readPort(value: unknown): number | undefined {
  if (value === '') return undefined
  const port = Number(value)
  if (/^\d+$/.test(String(value)) && port <= 65_535) return port
  throw toMisfit('LocalHttpPort', 'a whole number from 0 to 65535', value)
}

function readText(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') throw toMisfit(name, 'a string', value)
  return value.trim() === '' ? undefined : value
}

function toMisfit(name: string, wanted: string, value: unknown): AgentError {
  const message = `local.settings.json: Host.${name} must be ${wanted}, not ${JSON.stringify(value)}.`
  return new AgentError('invalid_configuration', message)
}

function readValues(values: unknown): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(toObject(values))) {
    if (value === null) continue
    if (typeof value === 'object') {
      const message = `local.settings.json: the value of '${name}' must be a string.`
      throw new AgentError('invalid_configuration', message)
    }
    result[name] = String(value)
  }
  return result
}

function readConnectionStrings(section: unknown): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(toObject(section))) {
    const text = isObject(value) ? value.ConnectionString : value
    if (typeof text === 'string') result[`ConnectionStrings:${name}`] = text
  }
  return result
}

/**
 * Puts settings into the environment where it has no value yet, and returns a line for each name that it had already.
 * Security: the lines name settings, never values.
 */
export function applySettings(
  values: Readonly<Record<string, string>>,
  environment: Record<string, string | undefined>,
): readonly string[] {
  const skipped: string[] = []
  for (const [name, value] of Object.entries(values)) {
    const present = environment[name]
    if (present !== undefined && present !== '') {
      skipped.push(
        `Skipping '${name}' from local settings as it's already defined in current environment variables.`,
      )
    } else {
      environment[name] = value
    }
  }
  return skipped
}
