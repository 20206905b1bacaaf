import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'
import { hasEndlessReference } from './endless-reference.js'
import { AgentError, type Issue, toErrorMessage, toIssueText } from './errors.js'
import type { JsonObject } from './json.js'
import { findFormIssues } from './json-schema-form.js'
import { runWithin } from './run-within.js'

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

/** How long a value may be checked against a schema that is not the app's own; ms. More than any pause of a process that is short of CPU. */
const checkLimitMs = 1000

/** Checks a schema that came in `field`. @throws {AgentError} `invalid_request` when a caller's JSON Schema is not one we understand, naming what is wrong in it. */
export function checkJsonSchema(jsonSchema: JsonObject, field = defaultField): void {
  const issues = findFormIssues(jsonSchema)
  if (issues.length > 0) throw createUnusableError(issues, field)
  fromJsonSchema(jsonSchema, field)
}

/** Where callers of our own routes put the schema. */
const defaultField = 'response_schema'

/**
 * A schema made from a JSON Schema of a caller's. Security: a pattern in it, or alternatives that refer to alternatives, could keep
 * the process busy for years, so a value that is not checked within a second does not fit.
 * @throws {AgentError} `invalid_request` when it is not one we understand.
 */
export function fromJsonSchema(jsonSchema: JsonObject, field = defaultField): Schema {
  try {
    const schema = z.fromJSONSchema(jsonSchema as Parameters<typeof z.fromJSONSchema>[0])
    if (hasEndlessReference(jsonSchema))
      throw new Error('a $ref leads back to itself, which no value can meet')
    const standard = schema['~standard']
    return { '~standard': { ...standard, validate: limitCheck(standard.validate) } }
  } catch (cause) {
    throw createUnusableError([{ path: '', message: toErrorMessage(cause) }], field, cause)
  }
}

/** Enough to see what is meant: a large schema may be wrong in each of its parts. */
const mostIssues = 10

function createUnusableError(found: readonly Issue[], field: string, cause?: unknown): AgentError {
  const issues = found.slice(0, mostIssues).map(({ path, message }) => ({
    path: path === '' ? field : `${field}.${path}`,
    message,
  }))
  const list = toIssueText(issues)
  return new AgentError('invalid_request', `Not a usable JSON Schema: ${list}`, { cause, issues })
}

/** The same check, but what takes too long fails. */
export function limitCheck<Output>(validate: Validate<Output>): Validate<Output> {
  const tooLong = { issues: [{ message: `it could not be checked within ${checkLimitMs} ms` }] }
  return (value) => runWithin(checkLimitMs, () => validate(value))?.value ?? tooLong
}
