import { validateHeaderName, validateHeaderValue } from 'node:http'
import { join } from 'node:path'
import { AgentError, toErrorMessage } from '../../core/errors.js'
import { parseHostJson } from '../../core/host-json.js'
import { parseTimeSpanMs } from '../../core/time-span.js'
import { type LogLevel, logLevelNames, parseLogLevel } from '../log.js'
import { readOptionalFile } from '../read-optional-file.js'
import { isObject, toObject, type UncheckedObject } from '../unchecked-object.js'
import { parseCountSetting } from './count-setting.js'
import { resolveSettingNames, type Settings } from './setting-names.js'

/** What host.json says about HTTP triggers (`extensions.http`). */
export interface HttpSettings {
  /** First part of every route, without slashes; empty for none. @default 'api' */
  readonly routePrefix: string
  /** Requests that wait or are answered, above which new ones get 429; undefined for no limit. */
  readonly maxOutstandingRequests: number | undefined
  /** Requests that are answered at a time, while others wait; undefined for no limit. */
  readonly maxConcurrentRequests: number | undefined
  /** Headers added to every answer that does not have them. */
  readonly customHeaders: Readonly<Record<string, string>>
}

/** host.json with defaults filled in and overrides applied (Functions host: host.json reference). */
export interface HostJson {
  /** Longest time for one invocation in milliseconds; undefined for no limit, as which one of more than 24.8 days counts. @default 1800000 */
  readonly functionTimeoutMs: number | undefined
  /** Names of the only functions to run; undefined for all. */
  readonly functions: readonly string[] | undefined
  readonly logLevels: Readonly<Record<string, LogLevel>>
  readonly http: HttpSettings
  /** The app's own retry policy, in the form in which the library registers one; undefined for none. */
  readonly retryOptions: UncheckedObject | undefined
  /** Range of versions of the extension bundle; undefined when none is named. */
  readonly bundleVersion: string | undefined
  /** `extensions` as written; `%NAME%` inside `durableTask` is resolved. */
  readonly extensions: UncheckedObject
}

const defaultTimeoutMs = 30 * 60_000
/** Longer than this no timer can be: Node lets one of more go off at once. */
const longestTimerMs = 2_147_483_647

/**
 * Reads `<root>/host.json`; a missing file counts as `{"version":"2.0"}`.
 * `AzureFunctionsJobHost__a__b` settings replace members.
 * @throws {AgentError} for unreadable JSON, a missing or wrong version, or a value that does not fit.
 */
export async function readHostJson(root: string, settings: Settings): Promise<HostJson> {
  const path = join(root, 'host.json')
  const text = (await readOptionalFile(path)) ?? '{"version":"2.0"}'
  let file: UncheckedObject
  try {
    file = parseHostJson(text, settings)
  } catch (cause) {
    const message = `Unable to parse host configuration file '${path}'. ${toErrorMessage(cause)}`
    throw new AgentError('invalid_configuration', message, { cause })
  }
  return toHostJson(file, settings)
}

/** Checks a parsed host.json and fills in defaults. @throws {AgentError} as {@link readHostJson}. */
export function toHostJson(file: UncheckedObject, settings: Settings): HostJson {
  checkVersion(file.version)
  const extensions = toObject(file.extensions)
  return {
    functionTimeoutMs: readFunctionTimeout(file.functionTimeout),
    functions: Array.isArray(file.functions) ? file.functions.map(String) : undefined,
    logLevels: readLogLevels(toObject(file.logging).logLevel),
    http: toHttpSettings(toObject(extensions.http)),
    retryOptions: isObject(file.retry) ? toRetryOptions(file.retry) : undefined,
    bundleVersion: readBundleVersion(file.extensionBundle),
    extensions: resolveDurableNames(extensions, settings),
  }
}

function checkVersion(version: unknown): void {
  if (version === undefined) {
    const message = "The host.json file is missing the required 'version' property."
    throw new AgentError('invalid_configuration', message)
  }
  if (version !== '2.0') {
    const message = `'${String(version)}' is an invalid value for host.json 'version' property: this is not a valid version, "2.0" is.`
    throw new AgentError('invalid_configuration', message)
  }
}

function readLogLevels(value: unknown): Readonly<Record<string, LogLevel>> {
  const levels = Object.entries(toObject(value)).filter(([, level]) => level !== null && level !== '')
  return Object.fromEntries(levels.map(([category, level]) => [category, readLogLevel(category, level)]))
}

function readLogLevel(category: string, value: unknown): LogLevel {
  const level = parseLogLevel(value)
  if (level !== undefined) return level
  const message = `host.json logging.logLevel '${category}' must be one of ${logLevelNames.join(', ')}, not ${JSON.stringify(value)}.`
  throw new AgentError('invalid_configuration', message)
}

function readFunctionTimeout(value: unknown): number | undefined {
  if (value === undefined || value === null) return defaultTimeoutMs
  if (value === '-1' || value === -1) return undefined
  const ms = typeof value === 'string' ? parseTimeSpanMs(value) : undefined
  if (ms === undefined || ms < 1000) {
    const message = `host.json functionTimeout '${String(value)}' is not a time of at least 00:00:01, such as 00:10:00, or "-1" for none.`
    throw new AgentError('invalid_configuration', message)
  }
  return ms > longestTimerMs ? undefined : ms
}

/** Durations are time spans here, and `{seconds}` where functions register them. */
function toRetryOptions({ maxRetryCount, ...retry }: UncheckedObject): UncheckedObject {
  const members = Object.entries(retry).map(([name, value]) => {
    const ms = typeof value === 'string' ? parseTimeSpanMs(value) : undefined
    return [name, ms === undefined ? value : { seconds: ms / 1000 }]
  })
  const count = parseCountSetting('retry.maxRetryCount', maxRetryCount, { least: -1 })
  return { ...Object.fromEntries(members), maxRetryCount: count ?? maxRetryCount }
}

function readBundleVersion(bundle: unknown): string | undefined {
  const { id, version } = toObject(bundle)
  return typeof id === 'string' && typeof version === 'string' ? version : undefined
}

function toHttpSettings(http: UncheckedObject): HttpSettings {
  return {
    routePrefix: readRoutePrefix(http.routePrefix),
    maxOutstandingRequests: readLimit(http, 'maxOutstandingRequests'),
    maxConcurrentRequests: readLimit(http, 'maxConcurrentRequests'),
    customHeaders: readHeaders(http.customHeaders),
  }
}

function readRoutePrefix(value: unknown): string {
  const prefix = value ?? 'api'
  if (typeof prefix === 'string') return prefix.replace(/^\/+|\/+$/g, '')
  const message = `host.json extensions.http.routePrefix must be a text, not ${JSON.stringify(value)}.`
  throw new AgentError('invalid_configuration', message)
}

function readLimit(http: UncheckedObject, name: keyof HttpSettings): number | undefined {
  return parseCountSetting(`extensions.http.${name}`, http[name], { unlimited: -1 })
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  const headers = Object.entries(toObject(value)).map(([name, text]) => [name, String(text)] as const)
  for (const [name, text] of headers) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, text)
    } catch (cause) {
      const message = `host.json: no answer can carry the header of customHeaders '${name}': ${toErrorMessage(cause)}.`
      throw new AgentError('invalid_configuration', message, { cause })
    }
  }
  return Object.fromEntries(headers)
}

function resolveDurableNames(extensions: UncheckedObject, settings: Settings): UncheckedObject {
  if (extensions.durableTask === undefined) return extensions
  return { ...extensions, durableTask: resolveStrings(extensions.durableTask, settings) }
}

function resolveStrings(value: unknown, settings: Settings): unknown {
  if (typeof value === 'string') return resolveSettingNames(value, settings)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolveStrings(part, settings)]))
}
