import { type HttpRoute, toRouteUrl } from '../http/router.js'
import type { LoadedFunction } from '../loading/function-definitions.js'

/** The list of functions that the command line shows at start: HTTP functions first, then the others with their trigger. */
export function formatListing(
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
