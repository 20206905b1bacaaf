import type { HostExtension } from '../host-extension.js'
import type { Router } from '../http/router.js'
import type { FunctionError, LoadedFunction } from '../loading/function-definitions.js'
import type { HostLog } from '../log.js'
import type { HostJson } from '../settings/host-json.js'
import { formatListing } from './listing.js'
import { findWarnings } from './startup-warnings.js'

/** Writes what became of the app's functions: those that failed, the list, and what people should know about it. */
export function announce(
  log: HostLog,
  app: {
    readonly functions: readonly LoadedFunction[]
    readonly errors: readonly FunctionError[]
    readonly router: Router
    readonly extensions: readonly HostExtension[]
    readonly hostJson: HostJson
    readonly url: string
  },
): void {
  const { functions, errors, router, extensions, hostJson, url } = app
  for (const { name, message } of errors) {
    log.write('error', 'Host.Startup', `The '${name}' function is in error: ${message}`)
  }
  const failed = new Set(errors.map((error) => error.name))
  const usable = functions.filter((definition) => !failed.has(definition.name))
  log.print(formatListing(usable, router.routes, url))
  for (const line of findWarnings(functions, extensions, hostJson)) log.write('warning', 'Host.Startup', line)
  for (const { name, disabled } of functions) if (disabled) log.print(`Function ${name} is disabled.`)
  for (const warning of router.warnings) log.write('warning', 'Host.Startup', warning)
  log.print(`Host is ready at ${url}`)
}
