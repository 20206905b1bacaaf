import { z } from 'zod'
import { jsonObject, runMetadata } from '../../../json-shapes.js'
import { bodyMessage } from './chat-message-body.js'

const withoutEffect = z.unknown().optional()
const insteadOfTools = 'must be left out: send tools'

const functionTool = z.strictObject({
  type: z.literal('function', "must be function: all other tools are the agent's own"),
  function: z.strictObject({
    name: z.string(),
    description: z.string().nullish(),
    parameters: jsonObject.nullish(),
    strict: z.boolean().nullish(),
  }),
})

const namedFunction = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: z.string() }),
})

const jsonSchemaFormat = z.strictObject({
  type: z.literal('json_schema'),
  json_schema: z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    schema: jsonObject,
    strict: z.boolean().nullish(),
  }),
})

const responseFormat = z.discriminatedUnion(
  'type',
  [z.strictObject({ type: z.enum(['text', 'json_object']) }), jsonSchemaFormat],
  'must be text, json_object or json_schema',
)

/**
 * The JSON body of a chat completion. Unknown fields are refused by name, and so are those that would change the answer
 * in ways that an agent does not offer; how its model samples is the agent's own, and what callers say of it has no effect.
 * Source: OpenAI API reference, "Create chat completion".
 */
export const chatBody = z.strictObject({
  model: z.string(),
  messages: z.array(bodyMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: withoutEffect })
    .nullish(),
  response_format: responseFormat.nullish(),
  metadata: runMetadata.nullish(),

  tools: z.array(functionTool).max(128).nullish(),
  tool_choice: z
    .union(
      [z.enum(['auto', 'none', 'required']), namedFunction],
      'must be auto, none, required, or a function by its name',
    )
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(z.never(), insteadOfTools).max(0, insteadOfTools).nullish(),
  function_call: z.enum(['auto', 'none'], 'must be auto or none').nullish(),
  n: z.literal(1, 'must be 1: a run has one answer').nullish(),
  stop: z
    .union([z.literal(''), z.array(z.string()).max(0)], 'is not supported: agents end by themselves')
    .nullish(),
  logprobs: z.literal(false, 'is not supported').nullish(),
  top_logprobs: z.literal(0, 'is not supported').nullish(),
  modalities: z.array(z.literal('text', 'must be text: agents answer in text')).nullish(),
  audio: z.null('is not supported: agents answer in text').optional(),
  web_search_options: z.null("must be left out: such tools are the agent's own").optional(),
  moderation: z.null('is not supported').optional(),

  frequency_penalty: withoutEffect,
  logit_bias: withoutEffect,
  max_completion_tokens: withoutEffect,
  max_tokens: withoutEffect,
  prediction: withoutEffect,
  presence_penalty: withoutEffect,
  prompt_cache_key: withoutEffect,
  prompt_cache_options: withoutEffect,
  prompt_cache_retention: withoutEffect,
  reasoning_effort: withoutEffect,
  safety_identifier: withoutEffect,
  seed: withoutEffect,
  service_tier: withoutEffect,
  store: withoutEffect,
  temperature: withoutEffect,
  top_p: withoutEffect,
  user: withoutEffect,
  verbosity: withoutEffect,
})

export type ChatBody = z.infer<typeof chatBody>
