import { z } from 'zod'
import { mediaUrl } from '../../../json-shapes.js'

/** No line breaks, nor what models' own markup is made of. */
const speakerName = z
  .string()
  .regex(
    /^[^\s\p{C}<|\\/>]{1,64}$/u,
    'must be 1 to 64 characters without blanks, control characters, < | \\ / >',
  )

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() })

const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: mediaUrl, detail: z.unknown().optional() }),
})

const filePart = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({
    file_data: z.string().refine((text) => /^data:/i.test(text), 'must be a data URI'),
    filename: z.string().optional(),
    file_id: z.null('is not supported: send the file as file_data').optional(),
  }),
})

const userPart = z.discriminatedUnion(
  'type',
  [textPart, imagePart, filePart],
  'must be text, image_url or file',
)

const text = z.union([z.string(), z.array(textPart)])

const userMessage = z.strictObject({
  role: z.literal('user'),
  content: z.union([z.string(), z.array(userPart).min(1)]),
  name: speakerName.optional(),
})

/** What else is in it is passed over: OpenAI's Agents SDK repeats in each part what the message had. */
const assistantPart = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('refusal'), refusal: z.string() }),
  ],
  'must be text or refusal',
)

const toolCall = z.strictObject({
  id: z.string(),
  type: z.literal('function', 'must be function'),
  function: z.strictObject({
    name: z.string().regex(/^[\w-]{1,64}$/, 'must be 1-64 letters, digits, "_" or "-"'),
    arguments: z.string(),
    parsed_arguments: z.unknown().optional(),
  }),
})

/** As the API answers them: clients send answers back as they got them. */
const assistantMessage = z.strictObject({
  role: z.literal('assistant'),
  content: z.union([z.string(), z.array(assistantPart)]).nullish(),
  refusal: z.string().nullish(),
  name: speakerName.optional(),
  annotations: z.unknown().optional(),
  audio: z.null('is not supported: agents answer in text').optional(),
  tool_calls: z.array(toolCall).max(128).nullish(),
  function_call: z.null('is not supported: send tool_calls').optional(),
  parsed: z.unknown().optional(),
})

/** What came of a call that the client has carried out. */
const toolMessage = z.strictObject({
  role: z.literal('tool'),
  tool_call_id: z.string(),
  content: text,
  name: z.string().optional(),
})

/** What a caller wants of the answer. Security: whether it may say that is the app's to decide. */
const instructionsMessage = z.strictObject({
  role: z.enum(['system', 'developer']),
  content: text,
  name: z.string().optional(),
})

/**
 * What has been said in a conversation. Security: nobody speaks as the system there; and tools are only those of the caller.
 * Source: OpenAI API reference, "Create chat completion", `messages`.
 */
export const chatMessage = z.discriminatedUnion(
  'role',
  [userMessage, assistantMessage, toolMessage],
  'must be user, assistant or tool',
)

/** One message of a request. */
export const bodyMessage = z.discriminatedUnion(
  'role',
  [chatMessage, instructionsMessage],
  'must be user, assistant, tool, system or developer',
)

export type ChatBodyMessage = z.infer<typeof chatMessage>
export type UserBodyMessage = z.infer<typeof userMessage>
export type AssistantBodyMessage = z.infer<typeof assistantMessage>
export type ToolBodyMessage = z.infer<typeof toolMessage>
