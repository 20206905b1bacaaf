import { z } from 'zod'
import type { JsonObject } from '../core/json.js'
import { type ChatMessage, type Content, isBlank } from '../core/messages.js'
import { callerTools } from './caller-tools.js'
import { jsonObject, mediaUrl, runMetadata } from './json-shapes.js'

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image'), url: mediaUrl, mediaType: z.string().optional() }),
  z.strictObject({ type: z.literal('file'), url: mediaUrl, mediaType: z.string().optional() }),
])

const userMessage = z.strictObject({
  role: z.literal('user').default('user'),
  content: z.union([z.string(), z.array(contentPart).min(1)]),
})

const jsonSchema = jsonObject.describe('A JSON Schema that the answer has to fit.')

/** The JSON body of a run request, aliases included (docs/http.md, What a run is asked with). Unknown fields are refused by name. */
export const runBody = z.strictObject({
  message: z.string().optional().describe("The user's message."),
  messages: z
    .array(userMessage)
    .min(1)
    .max(100)
    .optional()
    .describe('Messages with content parts, instead of `message`.'),
  sessionId: z.string().optional().describe('The conversation; made when absent.'),
  sessionKey: z.string().optional(),
  session_id: z.string().optional(),
  thread_id: z.string().optional(),
  correlationId: z
    .string()
    .optional()
    .describe('Makes repeating the request safe; as header: Idempotency-Key.'),
  role: z.literal('user').optional(),
  enable_tool_calls: z.boolean().optional().describe('Whether tools may be called. Default true.'),
  enableToolCalls: z.boolean().optional(),
  response_schema: jsonSchema.optional(),
  responseSchema: jsonSchema.optional(),
  response_format: jsonSchema.optional(),
  waitForResponse: z
    .boolean()
    .optional()
    .describe('Whether to answer only when the run has ended. Default true.'),
  wait_for_response: z.boolean().optional(),
  onBusy: z
    .enum(['queue', 'reject', 'interrupt', 'steer'])
    .optional()
    .describe('What to do when an earlier message is still being answered.'),
  replaces: z
    .string()
    .optional()
    .describe(
      'The correlation id of an earlier run: this message takes its place, and what was said since is taken back.',
    ),
  undoes: z
    .strictObject({
      correlationId: z.string().describe('A run of the session.'),
      partial: z
        .boolean()
        .optional()
        .describe(
          'Whether what can be undone is, where other things cannot. Default: all of it, or nothing.',
        ),
    })
    .optional()
    .describe('Undoes what the tools of an earlier run have done, instead of asking the model.'),
  continues: z
    .strictObject({
      sessionId: z.string().describe('A session of the same agent.'),
      correlationId: z
        .string()
        .optional()
        .describe('The last run that counts. Default: the last one that has ended.'),
    })
    .optional()
    .describe('Where a new conversation goes on from.'),
  sendAt: z.iso
    .datetime({ offset: true, error: 'must be an ISO 8601 time with its zone, such as 2027-01-31T09:00:00Z' })
    .optional()
    .describe('When to send the message, within a year. Default: at once.'),
  webhook: z
    .string()
    .optional()
    .describe('Where to tell how the run ends, and that it waits. The app must have allowed its host.'),
  tools: callerTools
    .optional()
    .describe(
      'What the caller carries out itself when the model asks for it: the run waits for its results.',
    ),
  instructions: z
    .string()
    .optional()
    .describe("What the caller wants of the answer, below the agent's own. The app must take such."),
  metadata: runMetadata.optional(),
})

export type RunBody = z.infer<typeof runBody>

/** The names a session may be given under, in body and query alike. */
export const sessionFields = ['sessionId', 'sessionKey', 'session_id', 'thread_id'] as const

/** What the user says, from either way of saying it; `undefined` when there is nothing but blanks. */
export function toMessages({ message, messages }: RunBody): readonly ChatMessage[] | undefined {
  const found =
    messages?.map(toMessage) ?? (message === undefined ? [] : [toMessage({ role: 'user', content: message })])
  return found.every(isBlank) ? undefined : found
}

function toMessage({ content }: z.infer<typeof userMessage>): ChatMessage {
  const contents =
    typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content.map(toContent)
  return { role: 'user', contents }
}

function toContent(part: z.infer<typeof contentPart>): Content {
  if (part.type === 'text') return part
  const { url: uri, mediaType } = part
  if (uri.toLowerCase().startsWith('data:')) return { type: 'data', uri, mediaType }
  return {
    type: 'uri',
    uri,
    mediaType: mediaType ?? (part.type === 'image' ? 'image/*' : 'application/octet-stream'),
  }
}

/** The schema the answer must fit, under whichever name it came. */
export function toResponseSchema(body: RunBody): JsonObject | undefined {
  const schema = body.response_schema ?? body.responseSchema ?? body.response_format
  return schema === undefined || Object.keys(schema).length === 0 ? undefined : schema
}
