import { availableParallelism } from 'node:os'
import { AgentError } from '../../core/errors.js'
import { parseCountSetting } from '../settings/count-setting.js'
import { resolveSettingNames, type Settings } from '../settings/setting-names.js'

/** The settings of `extensions.durableTask` that this host obeys. */
export interface DurableSettings {
  /** 3-45 letters and digits, the first a letter. */
  readonly hubName: string
  /** How many entities may run at a time in this process, at least 1. */
  readonly maxConcurrentEntityFunctions: number
  /** How many operations one invocation may get, at least 1. */
  readonly maxEntityOperationBatchSize: number
  /** How many activities may run at a time in this process, at least 1. */
  readonly maxConcurrentActivityFunctions: number
  /** How many orchestrations may run at a time in this process, at least 1. */
  readonly maxConcurrentOrchestratorFunctions: number
  /** How many actions one execution of an orchestration may ask for, at least 1. */
  readonly maxOrchestrationActions: number
  /** Version of orchestrations that are started without one; `''` when none is set. */
  readonly defaultVersion: string
  /** How long an HTTP call of an orchestrator waits before it asks again, in milliseconds, at least 1. */
  readonly httpPollMs: number
  /** Names of settings that are set, would change how apps behave, and are not obeyed here. */
  readonly ignored: readonly string[]
  /** True when a start may replace an orchestration that still runs. */
  readonly replacesRunning: boolean
}

const defaultBatchSize = 5000
const functionsPerCore = 10
const mostActions = 100_000
const defaultPollMs = 30_000

/** Settings of the platform that change what an app sees, but that this host does not know. */
const notObeyed = ['storeInputsInOrchestrationHistory', 'versionMatchStrategy', 'versionFailureStrategy']

/**
 * Reads the parsed JSON of `extensions.durableTask`; absent settings take the platform's defaults, unknown ones are ignored.
 * @throws {AgentError} `invalid_configuration`, naming the setting and its value.
 */
export function parseDurableSettings(
  settings: unknown,
  environment: Settings = process.env,
): DurableSettings {
  const values = toLowerCaseKeys(settings)
  return {
    hubName: parseHubName(values.get('hubname'), environment),
    maxConcurrentEntityFunctions: parseSlots(values, 'maxConcurrentEntityFunctions'),
    maxEntityOperationBatchSize: parseCount(values, 'maxEntityOperationBatchSize') ?? defaultBatchSize,
    maxConcurrentActivityFunctions: parseSlots(values, 'maxConcurrentActivityFunctions'),
    maxConcurrentOrchestratorFunctions: parseSlots(values, 'maxConcurrentOrchestratorFunctions'),
    maxOrchestrationActions: parseCount(values, 'maxOrchestrationActions') ?? mostActions,
    httpPollMs:
      parseCount(toLowerCaseKeys(values.get('httpsettings')), 'defaultAsyncRequestSleepTimeMilliseconds') ??
      defaultPollMs,
    ignored: notObeyed.filter((name) => isSet(values.get(name.toLowerCase()))),
    defaultVersion: String(values.get('defaultversion') ?? ''),
    replacesRunning: String(values.get('overridableexistinginstancestates')).toLowerCase() === 'anystate',
  }
}

/** Setting names compare ignoring case, as in the platform's own configuration reader. */
function toLowerCaseKeys(settings: unknown): ReadonlyMap<string, unknown> {
  if (settings === undefined || settings === null) return new Map()
  if (typeof settings !== 'object' || Array.isArray(settings)) {
    throw invalid(`extensions.durableTask in host.json must be an object, not ${JSON.stringify(settings)}.`)
  }
  return new Map(Object.entries(settings).map(([name, value]) => [name.toLowerCase(), value]))
}

/** As each of them is when it is absent. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && !/^(false|none|reject)$/i.test(String(value))
}

function parseHubName(value: unknown, environment: Settings): string {
  if (value === undefined || value === null) return toDefaultHubName(environment.WEBSITE_SITE_NAME)
  if (typeof value !== 'string') throw invalidHubName(JSON.stringify(value))
  const name = resolveSettingNames(value, environment)
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(name)) throw invalidHubName(`'${name}'`)
  return name
}

/** The platform names the hub after the site, made to fit the rules; on a developer's machine there is no site. */
function toDefaultHubName(siteName: string | undefined): string {
  const letters = (siteName ?? '').replace(/[^A-Za-z0-9]/g, '')
  if (letters === '') return 'TestHubName'
  const name = /^[A-Za-z]/.test(letters) ? letters : `t${letters}`
  return name.length < 3 ? `${name}Hub` : name.slice(0, 45)
}

function parseSlots(values: ReadonlyMap<string, unknown>, name: string): number {
  return parseCount(values, name) ?? functionsPerCore * availableParallelism()
}

function parseCount(values: ReadonlyMap<string, unknown>, name: string): number | undefined {
  return parseCountSetting(`extensions.durableTask.${name}`, values.get(name.toLowerCase()))
}

function invalidHubName(shown: string): AgentError {
  return invalid(
    `durableTask.hubName ${shown} is not valid: use 3 to 45 letters and digits, starting with a letter.`,
  )
}

function invalid(message: string): AgentError {
  return new AgentError('invalid_configuration', message)
}
