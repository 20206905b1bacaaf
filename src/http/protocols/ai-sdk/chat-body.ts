import { z } from 'zod'
import { longestReason } from '../../../core/longest-reason.js'
import { jsonValue, mediaUrl } from '../../json-shapes.js'
import { pageTools } from './page-tools.js'

const withoutEffect = z.unknown().optional()

/** Of messages that are not read nothing else counts. Security: whether a caller may instruct the agent, as the system, is the app's to decide. */
const message = z.looseObject({
  id: z.string(),
  role: z.enum(['user', 'assistant', 'system']),
  parts: z.array(z.looseObject({ type: z.string() })),
})

export type UiBodyMessage = z.infer<typeof message>
export type UiBodyPart = UiBodyMessage['parts'][number]

/**
 * What `DefaultChatTransport` posts. Unknown fields are refused by name; how the agent's model samples is the agent's own,
 * and what callers say of it has no effect. Source: `ai` 7, `HttpChatTransport`.
 */
export const chatBody = z
  .strictObject({
    id: z.string(),
    messages: z.array(message).min(1).optional(),
    message: message.optional(),
    trigger: z.enum(['submit-message', 'regenerate-message']).default('submit-message'),
    messageId: z.string().nullish(),
    onBusy: z.enum(['queue', 'reject', 'interrupt', 'steer']).optional(),
    tools: pageTools.nullish().describe('What the page carries out itself when the model asks for it.'),
    system: z.string().nullish().describe('What the page wants of the answer, as assistant-ui sends it.'),

    temperature: withoutEffect,
    topP: withoutEffect,
    topK: withoutEffect,
    maxOutputTokens: withoutEffect,
    presencePenalty: withoutEffect,
    frequencyPenalty: withoutEffect,
    seed: withoutEffect,
  })
  .refine((body) => (body.messages === undefined) !== (body.message === undefined), {
    path: ['messages'],
    message: 'is required, or message with the newest alone, and not both',
  })

export type ChatBody = z.infer<typeof chatBody>

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })

/** The parts of a message of the system. */
export const systemParts = z.array(z.discriminatedUnion('type', [textPart], 'must be text'))

const userPart = z.discriminatedUnion(
  'type',
  [textPart, z.looseObject({ type: z.literal('file'), mediaType: z.string(), url: mediaUrl })],
  'must be text or file',
)

export type UserBodyPart = z.infer<typeof userPart>

/** The parts of a message of the user that is to be read. */
export const userParts = z.array(userPart).min(1)

/** What a human has decided about a tool call. Source: `ai` 7, `UIToolInvocation`, state `approval-responded`. */
export const approvalPart = z.looseObject({
  approval: z.looseObject({
    id: z.string(),
    approved: z.boolean(),
    reason: z.string().max(longestReason).optional(),
  }),
})

/** What came of a tool call that the page has carried out. Source: the same, states `output-available` and `output-error`. */
export const outputPart = z.discriminatedUnion('state', [
  z.looseObject({
    state: z.literal('output-available'),
    toolCallId: z.string(),
    output: jsonValue.optional(),
  }),
  z.looseObject({ state: z.literal('output-error'), toolCallId: z.string(), errorText: z.string() }),
])
