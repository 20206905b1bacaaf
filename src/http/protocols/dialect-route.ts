import type { Answer } from '../answers.js'
import type { Route } from '../route.js'

/** Gives what creates a dialect's routes: each by what it is called there, its path below the app's prefix, and what answers. */
export function inDialect(dialect: string, toErrorAnswer: (error: unknown) => Answer) {
  return function createRoute(kind: string, path: string, handlers: Route['handlers']): Route {
    return { name: `http-${dialect}-${kind}`, path, handlers, toErrorAnswer }
  }
}
