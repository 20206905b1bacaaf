import { AsyncLocalStorage } from 'node:async_hooks'
import { z } from 'zod'
import { hasEndlessReference } from './endless-reference.js'
import { AgentError, type Issue, toErrorMessage, toIssueText } from './errors.js'
import type { JsonObject } from './json.js'
import { findFormIssues } from './json-schema-form.js'
import { runWithin } from './run-within.js'
import type { Schema, Validate } from './schema.js'

/** How long a value may be checked against a schema that is not the app's own; ms. More than any pause of a process that is short of CPU. */
const checkLimitMs = 1000

/** What a check is given even where others have used up the time: enough for one that does no harm. */
const leastLimitMs = 100

/** How much time is left to checks that share it; ms. */
const shared = new AsyncLocalStorage<{ leftMs: number }>()

/** Work whose checks against such schemas hold up the process, all of them together, hardly longer than one of them may. */
export function shareCheckLimit<T>(work: () => T): T {
  return shared.run({ leftMs: checkLimitMs }, work)
}

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

/** A schema that models are told as it was given, compiled when a value is first checked: of a hundred tools mostly one is called. */
export function createLazySchema<Output>(given: JsonObject, compile: () => Validate<Output>): Schema<Output> {
  const jsonSchema = () => given
  let compiled: Validate<Output> | undefined
  return {
    '~standard': {
      version: 1,
      vendor: 'json-schema',
      validate: (value) => {
        compiled ??= compile()
        return compiled(value)
      },
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
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
  return (value) => {
    const time = shared.getStore() ?? { leftMs: checkLimitMs }
    const limitMs = Math.max(leastLimitMs, Math.ceil(time.leftMs))
    const startedAt = performance.now()
    const checked = runWithin(limitMs, () => validate(value))
    time.leftMs -= performance.now() - startedAt
    return checked?.value ?? { issues: [{ message: `it could not be checked within ${limitMs} ms` }] }
  }
}
