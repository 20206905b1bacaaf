import { z } from 'zod'
import { longestReason } from '../../../../core/longest-reason.js'
import { jsonObject, mediaUrl, runMetadata } from '../../../json-shapes.js'

const textPart = z.strictObject({ type: z.literal('input_text'), text: z.string() })

const inputPart = z.discriminatedUnion(
  'type',
  [
    textPart,
    z.strictObject({
      type: z.literal('input_image'),
      image_url: mediaUrl,
      detail: z.enum(['low', 'high', 'auto', 'original']).nullish(),
      file_id: z.null().optional(),
    }),
    z
      .strictObject({
        type: z.literal('input_file'),
        file_data: z
          .string()
          .regex(/^data:/i, 'must be a data URI')
          .optional(),
        file_url: z
          .string()
          .regex(/^https:\/\//i, 'must be an https URL')
          .optional(),
        filename: z.string().optional(),
        detail: z.enum(['low', 'high', 'auto']).nullish(),
        file_id: z.null().optional(),
      })
      .refine(
        ({ file_data, file_url }) => (file_data === undefined) !== (file_url === undefined),
        'must have either file_data or file_url',
      ),
  ],
  { error: 'must be input_text, input_image or input_file' },
)

/** May leave out what it is. */
const userMessage = z.strictObject({
  type: z.literal('message').optional().default('message'),
  role: z.literal('user'),
  content: z.union([z.string(), z.array(inputPart).min(1)]),
  id: z.string().nullish(),
  status: z.string().nullish(),
  phase: z.null().optional(),
})

/** What the caller wants of the answer. Security: whether it may say that is the app's to decide. */
const instructionsMessage = z.strictObject({
  type: z.literal('message').optional().default('message'),
  role: z.enum(['system', 'developer']),
  content: z.union([z.string(), z.array(textPart)]),
  id: z.string().nullish(),
  status: z.string().nullish(),
  phase: z.null().optional(),
})

const approvalResponse = z.strictObject({
  type: z.literal('mcp_approval_response'),
  approval_request_id: z.string(),
  approve: z.boolean(),
  reason: z.string().max(longestReason).nullish(),
  id: z.string().nullish(),
})

const outputPart = z.strictObject({
  type: z.literal('input_text', { error: 'must be input_text: what tools give is text' }),
  text: z.string(),
})

const callOutput = z.strictObject({
  type: z.literal('function_call_output'),
  call_id: z.string(),
  output: z.union([z.string(), z.array(outputPart)]),
  id: z.string().nullish(),
  name: z.string().nullish(),
  namespace: z.null().optional(),
  status: z.string().nullish(),
  caller: z.strictObject({ type: z.literal('direct') }).nullish(),
})

const itemId = z.string({ error: 'must be there: what an agent has said is repeated as this server gave it' })

/** Security: of what callers say that the agent has said or done only the ids are read. */
const agentMessage = z.object({
  type: z.literal('message').optional().default('message'),
  role: z.literal('assistant'),
  id: itemId,
})

/** `item_reference` stands for any item of an agent's, a call or a request for approval among them. */
const agentItem = z.object({
  type: z.enum(['reasoning', 'mcp_call', 'mcp_approval_request', 'item_reference']),
  id: itemId,
})

const functionCall = z.object({
  type: z.literal('function_call'),
  call_id: z.string(),
  id: z.string().nullish(),
})

const message = z.discriminatedUnion('role', [userMessage, agentMessage, instructionsMessage], {
  error: 'must be user, assistant, system or developer',
})

const inputItem = z.discriminatedUnion(
  'type',
  [message, approvalResponse, callOutput, functionCall, agentItem],
  { error: 'must be message, mcp_approval_response, function_call_output, or an item of an output' },
)

const functionTool = z.strictObject({
  type: z.literal('function', { error: "must be function: all other tools are the agent's own" }),
  name: z.string(),
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
  strict: z.boolean().nullish(),
  async: z.literal(false, { error: 'is not supported' }).nullish(),
  defer_loading: z.literal(false, { error: 'is not supported' }).nullish(),
})

const toolChoice = z.union(
  [z.enum(['auto', 'none', 'required']), z.strictObject({ type: z.literal('function'), name: z.string() })],
  { error: 'must be auto, none, required, or a function by its name' },
)

const textFormat = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.enum(['text', 'json_object']) }),
    z.strictObject({
      type: z.literal('json_schema'),
      name: z.string().optional(),
      description: z.string().optional(),
      schema: jsonObject,
      strict: z.boolean().nullish(),
    }),
  ],
  { error: 'must be text, json_object or json_schema' },
)

/** Accepted, and without effect: sampling is the agent's own, and there is nothing to keep books of. */
const withoutEffect = {
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_logprobs: z.number().nullish(),
  max_output_tokens: z.number().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z.unknown().optional(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  include: z.array(z.string()).nullish(),
  stream_options: z.unknown().optional(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: z.unknown().optional(),
  prompt_cache_retention: z.string().nullish(),
  user: z.string().nullish(),
}

const agentsOwn = 'is not accepted: it is the agent that has them'
const unsupported = 'is not supported'

/** The JSON body of `POST responses`. Source: OpenAI API reference, "Create a model response"; what we cannot honour is refused by name. */
export const responseBody = z.strictObject({
  model: z.string().optional(),
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.strictObject({ id: z.string() })]).nullish(),
  metadata: runMetadata.nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  text: z.strictObject({ format: textFormat.nullish(), verbosity: z.string().nullish() }).nullish(),
  tools: z.array(functionTool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  instructions: z.string().nullish(),
  store: z
    .literal(true, { error: 'must not be false: an agent keeps its conversations until they are deleted' })
    .nullish(),
  context_management: z.null(unsupported).optional(),
  max_tool_calls: z.null(unsupported).optional(),
  moderation: z.null(unsupported).optional(),
  prompt: z.null(agentsOwn).optional(),
  ...withoutEffect,
})

export type ResponseBody = z.infer<typeof responseBody>

/** One item of a request's `input`. */
export type InputItem = Exclude<ResponseBody['input'], string>[number]

/** An item that says something new. */
export type NewItem = UserMessage | InstructionsMessage | ApprovalResponse | CallOutput

/** A human's decision as a client sends it. */
export type ApprovalResponse = z.infer<typeof approvalResponse>

/** What came of a tool call as a client sends it. */
export type CallOutput = z.infer<typeof callOutput>

/** What a user says. */
export type UserMessage = z.infer<typeof userMessage>

/** What a caller wants of the answer. */
export type InstructionsMessage = z.infer<typeof instructionsMessage>

/** A part of a user's message. */
export type InputPart = z.infer<typeof inputPart>
