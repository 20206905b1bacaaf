import { z } from 'zod'

/** What `GET openapi.json` answers with, as far as tests look at it. */
export interface OpenApiDocument {
  readonly openapi: string
  readonly info: object
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

export interface OpenApiOperation {
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
  }[]
  readonly requestBody?: OpenApiContent
  readonly responses: Readonly<Record<string, OpenApiContent>>
}

export interface OpenApiContent {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

/** All operations, named like `GET /agents`. */
export function toOperations({ paths }: OpenApiDocument): ReadonlyMap<string, OpenApiOperation> {
  const named = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  )
  return new Map(named)
}

/** References to nothing, operations without answers, and those whose path has other parameters than they say. */
export function findFaults(document: OpenApiDocument): readonly string[] {
  const dangling = findReferences(document).filter((one) => typeof resolve(document, one) !== 'object')
  const broken = [...toOperations(document)].filter(([name, { parameters = [], responses }]) => {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const declared = parameters.filter((parameter) => parameter.in === 'path').map((one) => one.name)
    return declared.join() !== inPath.join() || Object.keys(responses).length === 0
  })
  return [...dangling, ...broken.map(([name]) => name)]
}

/** What of a body a schema does not say: wrong, missing and further fields. */
export function findMisfits(document: OpenApiDocument, schema: unknown, body: unknown): readonly string[] {
  const [reference] = findReferences(schema)
  const closed = close(reference === undefined ? schema : resolve(document, reference))
  const { error } = z.fromJSONSchema(closed as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body)
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

/** The same schema, with no fields but those that it names. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close)
  if (typeof schema !== 'object' || schema === null) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, close(value)]))
  return 'properties' in schema ? { additionalProperties: false, ...closed } : closed
}

function findReferences(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name === '$ref' ? [String(member)] : findReferences(member),
  )
}

function resolve(root: object, reference: string): unknown {
  const path = reference.replace(/^#\//, '').split('/')
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root)
}
