import type { HostedApp } from '../host-app.js'
import { type HttpRoute, toRouteUrl } from '../http/router.js'
import type { LoadedFunction } from '../loading/function-definitions.js'
import type { HostLog } from '../log.js'
import type { HostJson } from '../settings/host-json.js'
import { findWarnings } from './startup-warnings.js'

/** Writes what became of the app's functions: those that failed, the list, and what people should know about it. */
export function announce(
  log: HostLog,
  app: HostedApp & { readonly hostJson: HostJson; readonly url: string },
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

/** The list of functions that the command line shows at start: HTTP functions first, then the others with their trigger. */
function formatListing(
  functions: readonly LoadedFunction[],
  routes: readonly HttpRoute[],
  url: string,
): string {
  const routed = new Set(routes.map((route) => route.definition.name))
  const http = routes.map((route) => {
    const methods = [...route.methods].join(',')
    return `\t${route.definition.name}: [${methods}] ${toRouteUrl(url, route)}`
  })
  const others = functions
    .filter((definition) => !routed.has(definition.name))
    .map((definition) => `\t${definition.name}: ${definition.trigger.type}`)
  const lines = [...http, ...others]
  if (lines.length === 0) return noFunctionsText
  return `\nFunctions:\n\n${lines.join('\n\n')}\n`
}

const noFunctionsText =
  'No job functions found. Check that package.json\'s "main" names the compiled entry files, that these call app.http(…) and the like, and that no loader hides "@azure/functions" from the host.'
