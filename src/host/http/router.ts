import { AgentError, toErrorMessage } from '../../core/errors.js'
import type { FunctionError, LoadedFunction } from '../loading/function-definitions.js'
import { isHttpTrigger } from '../loading/function-metadata.js'
import { parseRouteTemplate, type RouteTemplate } from './route-template.js'

/** An HTTP function with its full route. */
export interface HttpRoute {
  readonly definition: LoadedFunction
  readonly template: RouteTemplate
  /** Upper case. */
  readonly methods: ReadonlySet<string>
}

/** URL of a route as the host shows it: the template, not one request's path. */
export function toRouteUrl(url: string, route: HttpRoute): string {
  return `${url}/${route.template.text}`
}

/** The route table of an app. */
export interface Router {
  /** In the order in which they match. */
  readonly routes: readonly HttpRoute[]
  /** Functions that got no route, and why. */
  readonly errors: readonly FunctionError[]
  /** Routes that can never match: because one with a parameter comes first, or for want of a method. For people. */
  readonly warnings: readonly string[]
  /** The first route that takes this method and decoded path; a wrong method is as good as a wrong path. */
  find(method: string, path: string): RouteMatch | undefined
}

export interface RouteMatch {
  readonly route: HttpRoute
  readonly values: Readonly<Record<string, string>>
}

/**
 * Builds the table from functions sorted by name: routes match in that order, not by how specific they are
 * (Functions host: routes).
 * @throws {AgentError} for a template or a constraint that cannot be parsed: then no route works, as on the host.
 */
export function createRouter(functions: readonly LoadedFunction[], routePrefix: string): Router {
  const routes: HttpRoute[] = []
  const errors: FunctionError[] = []
  for (const definition of functions) {
    if (!isHttpTrigger(definition.trigger)) continue
    const route = toRoute(definition, routePrefix)
    const message = findConflict(route, toRouteText(definition), routes)
    if (message === undefined) routes.push(route)
    else errors.push({ name: definition.name, message })
  }
  return {
    routes,
    errors,
    warnings: [...findMethodless(routes), ...findShadows(routes)],
    find: (method, path) => findRoute(routes, method, path),
  }
}

function findRoute(routes: readonly HttpRoute[], method: string, path: string): RouteMatch | undefined {
  for (const route of routes) {
    if (!route.methods.has(method)) continue
    const values = route.template.match(path.slice(1))
    if (values !== undefined) return { route, values }
  }
  return undefined
}

function toRouteText(definition: LoadedFunction): string {
  const { route } = definition.trigger
  return typeof route === 'string' && route.trim() !== '' ? route : definition.name
}

function toRoute(definition: LoadedFunction, prefix: string): HttpRoute {
  const text = toRouteText(definition)
  const { methods } = definition.trigger
  const names = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : []
  const template = parseRoute(definition.name, prefix === '' ? text : `${prefix}/${text}`)
  return { definition, template, methods: new Set(names) }
}

function parseRoute(functionName: string, text: string): RouteTemplate {
  try {
    return parseRouteTemplate(text)
  } catch (cause) {
    const message = `Function '${functionName}' has the route '${text}', which cannot be used: ${toErrorMessage(cause)}`
    throw new AgentError('invalid_configuration', message, { cause })
  }
}

/** The host compares text: `administrators` is refused like `admin/x`, whatever the prefix. */
function findConflict(route: HttpRoute, text: string, earlier: readonly HttpRoute[]): string | undefined {
  const bare = text.replace(/^\/+|\/+$/g, '').toLowerCase()
  if (bare.startsWith('admin') || bare.startsWith('runtime')) {
    return 'The specified route conflicts with one or more built in routes.'
  }
  const same = earlier.find(
    (other) =>
      other.template.text.toLowerCase() === route.template.text.toLowerCase() && shareMethod(other, route),
  )
  return same && `The route specified conflicts with the route defined by function '${same.definition.name}'.`
}

function shareMethod(a: HttpRoute, b: HttpRoute): boolean {
  return [...a.methods].some((method) => b.methods.has(method))
}

function findMethodless(routes: readonly HttpRoute[]): readonly string[] {
  return routes
    .filter(({ methods }) => methods.size === 0)
    .map(
      ({ definition }) =>
        `Function '${definition.name}' answers no request: its methods must be a list, such as ["GET"].`,
    )
}

function findShadows(routes: readonly HttpRoute[]): readonly string[] {
  return routes.flatMap((route, index) => {
    if (!route.template.isLiteral) return []
    const shadow = routes
      .slice(0, index)
      .find((other) => shareMethod(other, route) && other.template.match(route.template.text))
    if (shadow === undefined) return []
    const [first, second] = [shadow, route].map((each) => `'${each.definition.name}' (${each.template.text})`)
    return [
      `Function ${first} answers the requests for ${second}: routes match in the order of function names.`,
    ]
  })
}
