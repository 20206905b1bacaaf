import { z } from 'zod'
import { longestReason } from '../../../core/longest-reason.js'
import { callerTool, mostCallerTools } from '../../caller-tools.js'
import { jsonObject, mediaUrl } from '../../json-shapes.js'

const withoutEffect = z.unknown().optional()

/** Whether a field gives nothing: some clients send an empty list or object all the same. */
export function isNothing(value: unknown): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** Of messages that are not read nothing else counts. Security: whether a caller may instruct the agent, as the system or a developer, is the app's to decide. */
const message = z.looseObject({
  id: z.string(),
  role: z.enum(['user', 'assistant', 'system', 'developer', 'tool', 'reasoning', 'activity']),
})

/** A tool of the client's: without a schema, or with an empty one, it takes no arguments. */
const clientTool = callerTool.extend({
  parameters: callerTool.shape.parameters.unwrap().nullish(),
  metadata: withoutEffect,
})

const payload = z.looseObject({
  approved: z.boolean(),
  editedArgs: jsonObject.optional(),
  reason: z.string().max(longestReason).optional(),
})

const resumeEntry = z.discriminatedUnion('status', [
  z.looseObject({ interruptId: z.string(), status: z.literal('resolved'), payload }),
  z.looseObject({ interruptId: z.string(), status: z.literal('cancelled') }),
])

/**
 * What AG-UI's clients post. Unknown fields are refused by name, and so are those that cannot be honoured.
 * Source: AG-UI 1.0, `RunAgentInput`.
 */
export const aguiBody = z.strictObject({
  threadId: z.string(),
  runId: z.string(),
  messages: z.array(message),
  context: z.array(z.looseObject({ description: z.string(), value: z.string() })).optional(),
  tools: z.array(clientTool).max(mostCallerTools).nullish(),
  state: z
    .unknown()
    .refine(isNothing, 'must be empty: what the agent is to know of the application is context')
    .optional(),
  resume: z.array(resumeEntry).optional(),
  forwardedProps: z.unknown().optional(),
  /** Any: a client of another version than ours gets what it knows. */
  protocolVersion: z.unknown().optional(),
  parentRunId: withoutEffect,
})

export type AguiBody = z.infer<typeof aguiBody>
export type ResumeEntry = z.infer<typeof resumeEntry>

const source = z.discriminatedUnion(
  'type',
  [
    z.looseObject({ type: z.literal('data'), value: z.string(), mimeType: z.string() }),
    z.looseObject({
      type: z.literal('url'),
      value: mediaUrl,
      mimeType: z.string().optional(),
    }),
  ],
  'must be data or url',
)

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })

/** Media as clients before 1.0 send them. Source: `@ag-ui/core` 0.0.59, `BinaryInputContentSchema`. */
const binaryPart = z
  .looseObject({
    type: z.literal('binary'),
    mimeType: z.string(),
    data: z.string().nullish(),
    url: mediaUrl.nullish(),
  })
  .refine(({ data, url }) => data != null || url != null, 'must have data or url')

const part = z.discriminatedUnion(
  'type',
  [
    textPart,
    z.looseObject({ type: z.literal('image'), source }),
    z.looseObject({ type: z.literal('document'), source }),
    binaryPart,
  ],
  'must be text, image or document',
)

/** What a client wants of the answer. Source: AG-UI 1.0, `SystemMessage`, `DeveloperMessage`. */
export const instructionsMessage = z.looseObject({ content: z.string() })

/** What came of a tool call that the client has carried out. */
export const toolMessage = z.looseObject({
  toolCallId: z.string(),
  content: z.union(
    [z.string(), z.array(z.discriminatedUnion('type', [textPart], 'must be text'))],
    'must be text, or parts of text',
  ),
  error: z.string().nullish(),
})

/** A message of the user that is to be read. */
export const userMessage = z.looseObject({
  id: z.string(),
  content: z.union([z.string(), z.array(part).min(1)]),
})

export type AguiPart = z.infer<typeof part>
