import { z } from 'zod'
import type { JsonObject } from '../core/json.js'

/** The answer that is a stream of events. */
export const eventStream = {
  description: 'Server-sent events',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}

const plainText = { 'text/plain': { schema: { type: 'string' } } }

/** Any text. */
export const text = { type: 'string' }

/** Any object: for what is specified elsewhere. */
export const anyObject = { type: 'object' }

/** An object with all of these members, or at least the required ones. */
export function toObject(
  properties: JsonObject,
  required: readonly string[] = Object.keys(properties),
): JsonObject {
  return { type: 'object', properties, required }
}

/** A list of these. */
export function toList(items: JsonObject): JsonObject {
  return { type: 'array', items }
}

/** What is wrong with fields of a request. */
export const issues = toList(toObject({ path: text, message: text }))

/** By what the pages of a conversation are asked for. */
export const pageParameters = [
  toLimit('Most lines to give, rounded up to whole turns. Default 200.'),
  toQuery('before', { type: 'integer' }, 'The next_before of an earlier page.'),
]

/** An answer as JSON, or as its text alone for callers who accept nothing else. */
export function toJsonOrText(description: string, schema: JsonObject): JsonObject {
  return { description, content: { 'application/json': { schema }, ...plainText } }
}

/** The same, or events for callers who accept those. */
export function toAnyForm(description: string, schema: JsonObject): JsonObject {
  return { description, content: { 'application/json': { schema }, ...plainText, ...eventStream.content } }
}

/** An answer as JSON, or as events for callers whose request asks for those. */
export function toJsonOrEvents(description: string, schema: JsonObject): JsonObject {
  return { description, content: { 'application/json': { schema }, ...eventStream.content } }
}

/** The answer of whatever goes wrong. */
export const problem = {
  description: 'What went wrong',
  content: { 'application/problem+json': { schema: ref('Problem') } },
}

/** The answer of whatever goes wrong, in words of its own. */
export function toFailure(schema: JsonObject): JsonObject {
  return { description: 'What went wrong', content: { 'application/json': { schema } } }
}

/** An operation with its answers by status; `undefined` for those without a body. */
export function toOperation(
  summary: string,
  answers: Readonly<Record<number, JsonObject | undefined>>,
  parameters: readonly JsonObject[] = [],
): JsonObject {
  const responses = Object.entries(answers).map(([status, schema]) => [status, toResponse(schema)] as const)
  return { summary, parameters, responses: { ...Object.fromEntries(responses), default: problem } }
}

/** An answer with a JSON body. */
export function toResponse(schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return { description: 'Done' }
  return { description: 'Answer', content: { 'application/json': { schema } } }
}

/** A parameter in the path. */
export function toPathParameter(name: string): JsonObject {
  return { name, in: 'path', required: true, schema: { type: 'string' } }
}

/** A parameter in the query. */
export function toQuery(name: string, schema: JsonObject, description: string): JsonObject {
  return { name, in: 'query', schema, description }
}

/** How much of a list is asked for. */
export function toLimit(description: string): JsonObject {
  return toQuery('limit', { type: 'integer', minimum: 1, maximum: 1000 }, description)
}

/** A header of the request. */
export function toHeader(name: string, schema: JsonObject, description: string): JsonObject {
  return { name, in: 'header', schema, description }
}

/** A schema of the document, by its name. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

/** What a schema accepts, as JSON Schema. */
export function toSchema(schema: z.ZodType): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest as JsonObject
}
