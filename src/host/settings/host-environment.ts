import { applySettings, type LocalSettings } from './local-settings.js'

/**
 * Puts app settings and what the tools set besides into `process.env`, and makes `root` the working directory, all before
 * the app loads. Explicit settings win over the environment, the environment over the file.
 * Returns lines about settings that the file could not set.
 */
export function applyHostSettings(
  root: string,
  local: LocalSettings,
  settings: Readonly<Record<string, string>> = {},
): readonly string[] {
  Object.assign(process.env, settings)
  const given = Object.keys(settings)
  const values = Object.entries(local.values).filter(([name]) => !given.includes(name))
  const notes = applySettings(Object.fromEntries(values), process.env)
  process.env.AZURE_FUNCTIONS_ENVIRONMENT = 'Development'
  process.env.AzureWebJobsScriptRoot = root
  process.env.FUNCTIONS_CORETOOLS_ENVIRONMENT = 'True'
  process.env.FUNCTIONS_WORKER_RUNTIME ||= 'node'
  if (process.cwd() !== root) process.chdir(root)
  return notes
}
