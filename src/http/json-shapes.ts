import { z } from 'zod'
import type { JsonObject, JsonValue } from '../core/json.js'

/** Any value in a body that was read as JSON. */
export const jsonValue = z.unknown() as z.ZodType<JsonValue>

/** Any object in such a body. */
export const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), jsonValue)

/** Where media is, or media itself. */
export const mediaUrl = z
  .string()
  .refine((text) => /^(https:\/\/|data:)/i.test(text), 'must be an https URL or a data URI')

/** What callers note about a run, in OpenAI's bounds. */
export const runMetadata = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, 'must have at most 16 entries')
