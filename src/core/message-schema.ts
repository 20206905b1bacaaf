import { z } from 'zod'
import { isJsonObject, type JsonObject, type JsonValue } from './json.js'
import type { ChatMessage } from './messages.js'

const content = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('reasoning'), text: z.string() }),
  z.looseObject({ type: z.literal('data'), uri: z.string(), mediaType: z.string().optional() }),
  z.looseObject({ type: z.literal('uri'), uri: z.string(), mediaType: z.string() }),
  z.looseObject({
    type: z.literal('functionCall'),
    callId: z.string(),
    name: z.string(),
    arguments: z.union([z.string(), z.custom<JsonObject>(isJsonObject)]),
  }),
  z.looseObject({
    type: z.literal('functionResult'),
    callId: z.string(),
    result: z.custom<JsonValue>().optional(),
    error: z.string().optional(),
  }),
  z.looseObject({
    type: z.literal('provider'),
    providerData: z.record(z.string(), z.custom<JsonObject>(isJsonObject)),
  }),
  z.looseObject({ type: z.literal('error'), message: z.string(), errorCode: z.string().optional() }),
])

/** A message as it was written down; fields that we do not know are kept. */
export const chatMessage: z.ZodType<ChatMessage> = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  contents: z.array(content),
  authorName: z.string().optional(),
  messageId: z.string().optional(),
  createdAt: z.string().optional(),
})
