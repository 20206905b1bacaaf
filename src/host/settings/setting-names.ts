import { AgentError } from '../../core/errors.js'

/** App settings as functions see them. */
export type Settings = Readonly<Record<string, string | undefined>>

/**
 * The text with every `%NAME%` replaced by that app setting.
 * @throws {AgentError} `'%X%' does not resolve to a value.` for a name without a setting (Functions host: binding expressions).
 */
export function resolveSettingNames(text: string, settings: Settings): string {
  if (!text.includes('%')) return text
  return text.replace(/%([^%\s]+)%/g, (expression, name: string) => {
    const value = findSetting(settings, name)
    if (value === undefined) {
      throw new AgentError('invalid_configuration', `'${expression}' does not resolve to a value.`)
    }
    return value
  })
}

/** A setting by name: exact, then with `__` for `:`, then ignoring case. */
export function findSetting(settings: Settings, name: string): string | undefined {
  const direct = settings[name] ?? settings[name.replaceAll(':', '__')]
  if (direct !== undefined) return direct
  const wanted = name.replaceAll(':', '__').toLowerCase()
  const key = Object.keys(settings).find((candidate) => candidate.toLowerCase() === wanted)
  return key === undefined ? undefined : settings[key]
}

/** True when the setting's text means yes, as the host reads it. */
export function isSettingOn(settings: Settings, name: string): boolean {
  const value = findSetting(settings, name)?.toLowerCase()
  return value === 'true' || value === '1'
}
