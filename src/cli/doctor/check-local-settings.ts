import { toErrorMessage } from '../../core/errors.js'
import { stripJsonComments } from '../../core/host-json.js'
import { isJsonObject } from '../../core/json.js'
import { type LocalSettings, toLocalSettings } from '../../host/settings/local-settings.js'
import { findSetting } from '../../host/settings/setting-names.js'
import { error, type Finding, ok, warning } from './finding.js'

/** local.settings.json, as it was read. */
export type ReadSettings =
  | { readonly state: 'missing' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'read'; readonly local: LocalSettings }

const about = 'local.settings.json'

/** Parses the file's text. */
export function parseLocalSettings(text: string | undefined): ReadSettings {
  if (text === undefined) return { state: 'missing' }
  try {
    const parsed: unknown = JSON.parse(stripJsonComments(text))
    return { state: 'read', local: toLocalSettings(isJsonObject(parsed) ? parsed : {}) }
  } catch (reason) {
    return {
      state: 'broken',
      reason: reason instanceof SyntaxError ? 'It is not valid JSON.' : toErrorMessage(reason),
    }
  }
}

/** App settings as a host has them: the environment's win over the file's, if they are not empty. */
export function mergeSettings(
  read: ReadSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const given = Object.entries(environment).flatMap(([name, value]) =>
    value ? [[name, value] as const] : [],
  )
  return { ...(read.state === 'read' && read.local.values), ...Object.fromEntries(given) }
}

/**
 * What `func start` would miss in local.settings.json, and in `settings`, those of the environment among them.
 * Security: findings name settings, never their values; Node's own complaint about broken JSON shows a piece of it.
 */
export function checkLocalSettings(
  read: ReadSettings,
  settings: Readonly<Record<string, string>>,
): readonly Finding[] {
  switch (read.state) {
    case 'missing':
      return [
        ok(
          about,
          'There is none: settings come from the environment. func start asks for the file, Azure does not.',
        ),
      ]
    case 'broken':
      return [error(about, read.reason)]
    case 'read':
      return checkValues(read.local, settings)
  }
}

function checkValues(
  { values, warnings }: LocalSettings,
  settings: Readonly<Record<string, string>>,
): readonly Finding[] {
  const findings = [
    ...warnings.map((message) => warning(about, message)),
    ...checkRuntime(findSetting(settings, 'FUNCTIONS_WORKER_RUNTIME')),
    ...checkStorage(settings),
    ...checkPlaceholders(values),
  ]
  return findings.length > 0 ? findings : [ok(about, 'It has what func start needs.')]
}

function checkRuntime(runtime: string | undefined): readonly Finding[] {
  if (runtime === 'node') return []
  if (runtime) return [error(about, 'FUNCTIONS_WORKER_RUNTIME must be "node".')]
  return [warning(about, 'Set FUNCTIONS_WORKER_RUNTIME to "node", which func start needs.')]
}

function checkStorage(settings: Readonly<Record<string, string>>): readonly Finding[] {
  const connection = findSetting(settings, storage)
  if (connection && !isPlaceholder(connection)) return []
  // By identity there are several settings, one for each way to name the account.
  if (Object.keys(settings).some((name) => /^AzureWebJobsStorage(__|:)/i.test(name))) return []
  const message = `Set ${storage} to a connection string, "UseDevelopmentStorage=true" for Azurite: func start needs it, npx durable-agents start does not.`
  return [warning(about, message)]
}

const storage = 'AzureWebJobsStorage'

function checkPlaceholders(values: Readonly<Record<string, string>>): readonly Finding[] {
  const names = Object.keys(values).filter((name) => name !== storage && isPlaceholder(values[name] ?? ''))
  if (names.length === 0) return []
  return [warning(about, `Still placeholders, which count as not set: ${names.join(', ')}.`)]
}

function isPlaceholder(value: string): boolean {
  return /^<[^<>]*>$/.test(value.trim())
}
