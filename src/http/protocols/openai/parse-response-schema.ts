import { checkJsonSchema } from '../../../core/caller-schema.js'
import type { JsonObject } from '../../../core/json.js'

/** What an answer of a format has to fit: of `json_object` it is any object. @throws {AgentError} `invalid_request` naming `path`. */
export function parseResponseSchema(
  format: string | undefined,
  schema: JsonObject | undefined,
  path: string,
): JsonObject | undefined {
  if (format === 'json_object') return { type: 'object' }
  if (schema !== undefined) checkJsonSchema(schema, path)
  return schema
}
