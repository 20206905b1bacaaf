import { z } from 'zod'
import { longestReason } from '../../../core/longest-reason.js'
import { jsonObject, mediaUrl } from '../../json-shapes.js'

const text = z.string().nullish()

const tools = z
  .array(z.unknown())
  .max(0, "must be empty: an agent's tools are its own, and callers cannot bring any")

/** Of a message that its caller may not have written, or that is not read, nothing else counts. */
const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system', 'tool']).nullish(),
  type: z.string().nullish(),
  content: z.unknown(),
})

export type InputMessage = z.infer<typeof message>

/**
 * The body of `POST process`. Fields that are not named here have no effect, as AgentScope promises its users, and neither
 * have those for sampling: they are the agent's own. Source: agentscope-runtime 1.1, `AgentRequest`.
 */
export const processBody = z.looseObject({
  input: z.array(message).min(1),
  stream: z.boolean().nullish(),
  id: text,
  session_id: text,
  user_id: text,
  model: text,
  tools: tools.nullish(),
  n: z.literal(1, { error: 'must be 1: a run has one answer' }).nullish(),
})

export type ProcessBody = z.infer<typeof processBody>

const fileData = z
  .string()
  .refine(
    (data) => /^data:/i.test(data) || /^[A-Za-z0-9+/]+={0,2}$/.test(data),
    'must be base64 or a data URI',
  )

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })

const part = z.discriminatedUnion(
  'type',
  [
    textPart,
    z.looseObject({ type: z.literal('image'), image_url: mediaUrl }),
    z
      .looseObject({ type: z.literal('file'), file_url: mediaUrl.nullish(), file_data: fileData.nullish() })
      .refine((file) => typeof (file.file_url ?? file.file_data) === 'string', {
        path: ['file_url'],
        message: 'is required, unless there is file_data',
      }),
    z.looseObject({ type: z.literal('data'), data: jsonObject }),
  ],
  { error: 'must be text, image, file or data' },
)

export type InputPart = z.infer<typeof part>

/** A message of the user, to be read. */
export const userMessage = z.looseObject({
  type: z.literal('message', { error: 'must be message: what else there is comes from the agent' }).nullish(),
  content: z.array(part).min(1),
})

/** What a caller wants of the answer. */
export const systemMessage = z.looseObject({
  content: z.array(z.discriminatedUnion('type', [textPart], 'must be text')),
})

/** What a human has decided. Source: agentscope-runtime 1.1, `McpApprovalResponse`. */
export const approvalMessage = z.looseObject({
  content: z.tuple([
    z.looseObject({
      type: z.literal('data'),
      data: z.looseObject({
        approval_request_id: z.string(),
        approve: z.boolean(),
        reason: z.string().max(longestReason).nullish(),
      }),
    }),
  ]),
})

export type ApprovalData = z.infer<typeof approvalMessage>['content'][0]['data']
