import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'
import { hasEndlessReference } from './endless-reference.js'
import { AgentError, type Issue, toErrorMessage } from './errors.js'
import type { JsonObject } from './json.js'

/** A schema of any library that follows Standard Schema and Standard JSON Schema, e.g. zod 4.2 or newer. */
export interface Schema<Output = unknown> {
  readonly '~standard': StandardSchemaV1.Props<unknown, Output> & StandardJSONSchemaV1.Props<unknown, Output>
}

/** What a schema's values are after parsing. */
export type SchemaOutput<S> = S extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : never
  : never

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Checks a value against a schema; every violation is listed with its path. */
export async function parseWith<T>(schema: Schema<T>, value: unknown): Promise<Parsed<T>> {
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return { ok: true, value: result.value }
  return { ok: false, issues: result.issues.map(toIssue) }
}

function toIssue(issue: StandardSchemaV1.Issue): Issue {
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
      `${what} must be a schema of a library that follows Standard JSON Schema, such as z.object({ ... }) of zod 4.2 or newer.`,
    )
  }
  try {
    return standard.jsonSchema.input({ target: 'draft-2020-12' })
  } catch (cause) {
    const message = `${what} cannot be told to a model: ${toErrorMessage(cause)}.`
    throw new AgentError('invalid_configuration', message, { cause })
  }
}

/** A schema made from a JSON Schema of a caller's. @throws {AgentError} `invalid_request` when it is not one we understand. */
export function fromJsonSchema(jsonSchema: JsonObject): Schema {
  try {
    const schema = z.fromJSONSchema(jsonSchema as Parameters<typeof z.fromJSONSchema>[0])
    if (hasEndlessReference(jsonSchema))
      throw new Error('a $ref leads back to itself, which no value can meet')
    return schema
  } catch (cause) {
    throw new AgentError(
      'invalid_request',
      `response_schema is not a usable JSON Schema: ${toErrorMessage(cause)}`,
      {
        cause,
        issues: [{ path: 'response_schema', message: toErrorMessage(cause) }],
      },
    )
  }
}
