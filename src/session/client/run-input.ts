import { z } from 'zod'
import { checkJsonSchema } from '../../core/caller-schema.js'
import { AgentError, type Issue } from '../../core/errors.js'
import { isJsonObject, type JsonObject } from '../../core/json.js'
import { type ChatMessage, createTextMessage } from '../../core/messages.js'
import { toIssues } from '../../core/zod-issues.js'
import type { RunRequest } from '../../run/events.js'
import { fromStoredMessage } from '../state/stored-messages.js'
import { createRunRequest } from './run-request.js'

const content = z.looseObject({ $type: z.string().optional(), type: z.string().optional() })

const runInput = z.looseObject({
  correlationId: z
    .string()
    .min(1)
    .max(128)
    .refine((id) => !id.includes('/'), 'must not hold "/"'),
  message: z.string().nullish(),
  messages: z
    .array(z.looseObject({ role: z.string().optional(), contents: z.array(content) }))
    .min(1)
    .nullish(),
  role: z.string().nullish(),
  enable_tool_calls: z.boolean().nullish(),
  enableToolCalls: z.boolean().nullish(),
  response_schema: z.unknown().optional(),
  responseSchema: z.unknown().optional(),
  response_format: z.unknown().optional(),
  responseFormat: z.unknown().optional(),
  orchestrationId: z.string().nullish(),
  wait_for_response: z.boolean().nullish(),
  owner: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})

type RawRunInput = z.infer<typeof runInput>

/** What a `run` operation is asked to do: to carry on a run that is in the log, or one that comes with the operation. */
export interface RunInput {
  readonly correlationId: string
  /** Present when the caller has no log: an orchestrator, or a .NET or Python peer. */
  readonly request: RunRequest | undefined
  /** Whether whoever brought the request may wait for a reply. */
  readonly isAwaited: boolean
}

/** Reads the input of a `run` operation, in the field names of the peers' run request. @throws {AgentError} `invalid_request` naming the field. */
export function parseRunInput(input: unknown): RunInput {
  const parsed = runInput.safeParse(input)
  if (!parsed.success) throw createInputError(parsed.error.issues.flatMap(toIssues))
  refuseUnsupported(parsed.data)
  const { correlationId, ...raw } = parsed.data
  const messages = toMessages(parsed.data)
  const isAwaited = raw.wait_for_response !== false
  if (messages === undefined) return { correlationId, request: undefined, isAwaited }
  const request = createRunRequest({
    messages,
    options: {
      enableToolCalls: raw.enable_tool_calls ?? raw.enableToolCalls ?? true,
      responseSchema: toResponseSchema(parsed.data),
    },
    owner: raw.owner ?? undefined,
    metadata: raw.metadata ?? undefined,
    orchestrationId: raw.orchestrationId ?? undefined,
  })
  return { correlationId, request, isAwaited }
}

/** What peers may ask for and we do not do: to leave it out silently would give a run that they did not ask for. */
const unsupported = ['contextMessages', 'enableToolNames'] as const

function refuseUnsupported(raw: RawRunInput): void {
  for (const path of unsupported) {
    const value = raw[path]
    if (value == null || (Array.isArray(value) && value.length === 0)) continue
    throw createInputError([{ path, message: 'is not supported' }])
  }
}

/** `undefined` when the operation brings no message: its run is in the log. */
function toMessages({ message, messages, role }: RawRunInput): readonly ChatMessage[] | undefined {
  const given = messages ?? (message == null ? undefined : [message])
  return given?.map((one, index) => {
    if (typeof one === 'string') {
      checkRole(role, 'role')
      return createTextMessage('user', one)
    }
    checkRole(one.role, `messages.${index}.role`)
    return toUserMessage(one.contents, `messages.${index}.contents`)
  })
}

function checkRole(role: string | null | undefined, path: string): void {
  if ((role ?? 'user') === 'user') return
  throw createInputError([{ path, message: `must be "user", not "${role}"` }])
}

const userContents: readonly string[] = ['text', 'data', 'uri']

function toUserMessage(contents: readonly z.infer<typeof content>[], path: string): ChatMessage {
  const stored = contents.map(({ type = '', $type = type, ...fields }) => ({ ...fields, $type }))
  const unknown = stored.find(({ $type }) => !userContents.includes($type))
  if (unknown !== undefined) {
    const message = `a user's message holds text, data or uri, not "${unknown.$type}"`
    throw createInputError([{ path, message }])
  }
  const message = fromStoredMessage({ role: 'user', contents: stored })
  if (message === undefined) {
    throw createInputError([{ path, message: 'must not be empty' }])
  }
  return message
}

/**
 * The JSON Schema the answer must fit: as such, or inside the response format of .NET, `{ "$type": "json", "schema" }`.
 * Python names a class of its own there, which nobody else can read.
 */
function toResponseSchema(raw: RawRunInput): JsonObject | undefined {
  const format = raw.response_schema ?? raw.responseSchema ?? raw.response_format ?? raw.responseFormat
  if (!isJsonObject(format) || format.$type === 'text' || Object.keys(format).length === 0) return undefined
  if ('__response_schema_type__' in format) {
    const message = 'names a class of the caller; send its JSON Schema as response_schema'
    throw createInputError([{ path: 'response_format', message }])
  }
  const schema = isJsonObject(format.schema) ? format.schema : format
  if (schema.$type === 'json') return undefined
  checkJsonSchema(schema)
  return schema
}

function createInputError(issues: readonly Issue[]): AgentError {
  const [first] = issues
  const message = `The run operation's input is not valid at ${first?.path}: ${first?.message}.`
  return new AgentError('invalid_request', message, { issues })
}
