import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { AgentError, type Issue, toErrorMessage } from './errors.js'
import type { JsonObject } from './json.js'

/** A schema of any library that follows Standard Schema and Standard JSON Schema, e.g. zod 4.2 or newer. */
export interface Schema<Output = unknown> {
  readonly '~standard': StandardSchemaV1.Props<unknown, Output> & StandardJSONSchemaV1.Props<unknown, Output>
}

/** Checks a value. */
export type Validate<Output> = Schema<Output>['~standard']['validate']

/** What a schema's values are after parsing. */
export type SchemaOutput<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : never
  : never

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Checks a value against a schema; every violation is listed with its path. What the schema's own code cannot take, and throws at, does not fit. */
export async function parseWith<T>(schema: Schema<T>, value: unknown): Promise<Parsed<T>> {
  const result = await validate(schema, value)
  if (!result.issues) return { ok: true, value: result.value }
  return { ok: false, issues: result.issues.map(toIssue) }
}

async function validate<T>(schema: Schema<T>, value: unknown): Promise<StandardSchemaV1.Result<T>> {
  try {
    return await schema['~standard'].validate(value)
  } catch (error) {
    return { issues: [{ message: toErrorMessage(error) }] }
  }
}

/** An issue as a schema's library gives it, as one of ours. */
export function toIssue(issue: StandardSchemaV1.Issue): Issue {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return { path, message: issue.message }
}

/**
 * The JSON Schema (2020-12) of what a schema accepts, without `$schema`. `what` names the schema in errors.
 * @throws {AgentError} `invalid_configuration` when it is none, or JSON cannot say what it accepts.
 */
export function toJsonSchema(schema: Schema, what = 'The schema'): JsonObject {
  const { $schema, ...jsonSchema } = readJsonSchema(schema, what)
  return jsonSchema as JsonObject
}

function readJsonSchema(schema: Schema, what: string): Record<string, unknown> {
  // Programs without types pass JSON Schemas, shapes, and schemas of older libraries.
  const standard: Partial<Schema['~standard']> | undefined = schema?.['~standard']
  if (standard?.jsonSchema === undefined) {
    throw new AgentError(
      'invalid_configuration',
      `${what} must be a schema of a library that follows Standard JSON Schema, such as z.object({ ... }) of zod 4.2 or newer.${toAdvice(schema)}`,
    )
  }
  try {
    return standard.jsonSchema.input({ target: 'draft-2020-12' })
  } catch (cause) {
    const message = `${what} cannot be told to a model: ${toErrorMessage(cause)}.`
    throw new AgentError('invalid_configuration', message, { cause })
  }
}

/** What makes a schema of one that is nearly one. */
function toAdvice(schema: unknown): string {
  const { type, '~standard': standard }: { type?: unknown; '~standard'?: { vendor?: unknown } } =
    Object(schema)
  if (standard?.vendor === 'valibot')
    return ' Wrap this one in toStandardJsonSchema of @valibot/to-json-schema.'
  return standard === undefined && typeof type === 'string'
    ? ' Of this JSON Schema z.fromJSONSchema makes one.'
    : ''
}
