import type { JsonObject } from '../../../core/json.js'

/** What an answer of the format `json_object` has to fit: JSON, an object. */
export const anyObjectSchema: JsonObject = { type: 'object' }
