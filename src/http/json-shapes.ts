import { z } from 'zod'
import type { JsonObject, JsonValue } from '../core/json.js'

/** Any value in a body that was read as JSON. */
export const jsonValue = z.unknown() as z.ZodType<JsonValue>

/** Any object in such a body. */
export const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), jsonValue)
