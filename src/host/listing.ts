import type { LoadedFunction } from './function-definitions.js'
import type { HostExtension } from './functions.js'
import type { HttpRoute } from './http/router.js'

/** URL of a route as the host shows it: the template, not one request's path. */
export function toRouteUrl(url: string, route: HttpRoute): string {
  return `${url}/${route.template.text}`
}

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

/** One line for each function whose trigger nothing in this host listens to. */
export function findIdleFunctions(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const served = new Set(['httptrigger'])
  for (const extension of extensions) {
    for (const type of extension.triggerTypes ?? []) served.add(type.toLowerCase())
  }
  return functions
    .filter((definition) => !served.has(definition.trigger.type.toLowerCase()))
    .map(
      ({ name, trigger }) =>
        `Function ${name} is loaded but not run: this development host does not listen to ${trigger.type} yet. POST /admin/functions/${name} runs it by hand.`,
    )
}

/** One line for each input or output that nothing in this host serves. */
export function findUnservedBindings(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const served = new Set(['http'])
  for (const { bindingTypes = [] } of extensions)
    for (const type of bindingTypes) served.add(type.toLowerCase())
  return functions.flatMap(({ name, trigger, bindings }) =>
    Object.values(bindings)
      .filter((binding) => binding !== trigger && !served.has(binding.type.toLowerCase()))
      .map(({ type, direction }) =>
        direction === 'out'
          ? `Function ${name} has a ${type} output, which this development host does not write: its values are dropped.`
          : `Function ${name} has a ${type} input, which this development host does not read: its value is undefined.`,
      ),
  )
}

/** One line for each function with a retry policy that its trigger does not obey, on Azure neither (local-host-spec C.4). */
export function findIgnoredRetries(
  functions: readonly LoadedFunction[],
  extensions: readonly HostExtension[],
): readonly string[] {
  const ignoring = new Set(['httptrigger'])
  for (const { obeysRetry = false, triggerTypes = [] } of extensions) {
    if (!obeysRetry) for (const type of triggerTypes) ignoring.add(type.toLowerCase())
  }
  return functions
    .filter(
      ({ trigger, retryOptions }) => retryOptions !== undefined && ignoring.has(trigger.type.toLowerCase()),
    )
    .map(
      ({ name, trigger }) =>
        `Function ${name} has a retry policy, which a ${trigger.type} does not obey, here as in Azure.`,
    )
}
