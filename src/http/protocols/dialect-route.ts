import type { JsonObject } from '../../core/json.js'
import type { Answer } from '../answers.js'
import type { Route } from '../route.js'

/** What the OpenAPI document says of one route. */
export interface Operation {
  readonly summary: string
  /** What the schema that parses the body accepts. @default it has none */
  readonly body?: JsonObject
  /** In query and headers; those in the path are the route's. @default none */
  readonly parameters?: readonly JsonObject[]
  /** What comes of it when nothing goes wrong, by status. */
  readonly answers: Readonly<Record<number, JsonObject>>
}

/** What the OpenAPI document says of a dialect, its routes by what they are called there. */
export interface DialectOperations<Kind extends string = string> {
  readonly title: string
  /** Where the dialect is specified. */
  readonly docs: string
  /** The schemas that are named below, by unique names. */
  readonly schemas: JsonObject
  /** How failures are told, as `toErrorAnswer` does it. */
  readonly failure: JsonObject
  readonly operations: Readonly<Record<Kind, Operation>>
}

/** A route that the OpenAPI document tells of where it is served. */
export interface DialectRoute extends Route {
  readonly describe: () => Promise<Operation & Omit<DialectOperations, 'operations'>>
}

/**
 * Gives what creates a dialect's routes: each by what it is called there, its path below the app's prefix, and what answers.
 * An `{agent}` in a path is one that has routes. What is said of them is loaded when somebody asks for it.
 */
export function inDialect<Kind extends string>(
  dialect: string,
  toErrorAnswer: (error: unknown) => Answer,
  load: () => Promise<{ readonly dialect: DialectOperations<Kind> }>,
) {
  return function createRoute(kind: Kind, path: string, handlers: Route['handlers']): DialectRoute {
    return {
      name: `http-${dialect}-${kind}`,
      path,
      handlers,
      toErrorAnswer,
      describe: async () => {
        const { operations, ...shared } = (await load()).dialect
        return { ...shared, ...operations[kind] }
      },
    }
  }
}
