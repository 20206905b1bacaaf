import type { Agent } from '../../agent/agent.js'
import type { JsonObject } from '../../core/json.js'
import { toPathParameter } from '../openapi-parts.js'
import type { DialectRoute } from './dialect-route.js'

/** What an OpenAPI document says of the routes of dialects. */
export interface DescribedRoutes {
  readonly paths: JsonObject
  readonly schemas: JsonObject
}

/** Describes routes for the agents that are reached by them. */
export async function describeRoutes(
  routes: readonly DialectRoute[],
  agents: readonly Agent[],
): Promise<DescribedRoutes> {
  const described = await Promise.all(routes.map((route) => describeRoute(route, agents)))
  return {
    paths: Object.assign({}, ...described.map(({ paths }) => paths)),
    schemas: Object.assign({}, ...described.map(({ schemas }) => schemas)),
  }
}

async function describeRoute(route: DialectRoute, agents: readonly Agent[]): Promise<DescribedRoutes> {
  const { summary, body, parameters = [], answers, title, docs, schemas, failure } = await route.describe()
  const toItem = (path: string) => {
    const operation = {
      tags: [title],
      summary,
      externalDocs: { url: docs },
      parameters: [...toPathParameters(path), ...parameters],
      requestBody: body && { required: true, content: { 'application/json': { schema: body } } },
      responses: { ...answers, default: failure },
    }
    return Object.fromEntries(Object.keys(route.handlers).map((method) => [method.toLowerCase(), operation]))
  }
  const paths = toPaths(route.path, agents)
  return { paths: Object.fromEntries(paths.map((path) => [path, toItem(path)])), schemas }
}

/** One for each agent, like our own. */
function toPaths(path: string, agents: readonly Agent[]): readonly string[] {
  if (!path.includes('{agent}')) return [`/${path}`]
  return agents.map(({ name }) => `/${path.replace('{agent}', name)}`)
}

function toPathParameters(path: string): readonly JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => toPathParameter(name))
}
