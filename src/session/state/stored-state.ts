import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import { isJsonObject, type JsonObject } from '../../core/json.js'
import { toIssues } from '../../core/zod-issues.js'

/** The version written. 1.x of the schema that the .NET and Python durable agents publish. */
export const schemaVersion = '1.2.0'

const storedMessage = z.looseObject({
  role: z.string(),
  contents: z.array(z.looseObject({ $type: z.string() })),
})

export const storedEntry = z.looseObject({
  $type: z.string(),
  correlationId: z.string().nullish(),
  createdAt: z.string(),
  messages: z.array(storedMessage).default([]),
  usage: z
    .looseObject({
      inputTokenCount: z.number().nullish(),
      outputTokenCount: z.number().nullish(),
      totalTokenCount: z.number().nullish(),
    })
    .nullish(),
  /** Ours holds `turn` and `model`; other agents put in what they like. */
  extensionData: z.looseObject({}).nullish(),
})

const ownFields = z.looseObject({
  /** The last turn that is part of this state. */
  turn: z.number().default(0),
  /** The user's messages since the last reset. */
  messageCount: z.number().default(0),
  /** Tokens spent by the session, resets or not. */
  tokens: z.number().default(0),
  /** Turns up to this one have left the state: the run logs have them. */
  evictedTurn: z.number().default(0),
  /** Turns up to this one were cleared. */
  resetTurn: z.number().default(0),
  /** Up to which turn it goes on from another session, and which run has these turns among its attachments. */
  inherited: z.looseObject({ run: z.string(), digest: z.string(), turns: z.number() }).optional(),
  /** Turns that were taken back since the last reset, as first and last of each stretch, in order. */
  takenBack: z.array(z.tuple([z.number(), z.number()])).optional(),
  /** When the last reset was asked for; ms since 1970. */
  resetBefore: z.number().optional(),
  /** The reset that was carried out last. */
  resetId: z.string().optional(),
  owner: z.string().optional(),
  /** When the session was created, ms since 1970: one that is deleted and begun anew has another. */
  createdAt: z.number().optional(),
  /** What older turns were boiled down to for the model. */
  summary: z.looseObject({ upToTurn: z.number(), text: z.string() }).optional(),
  /** What the agent's context providers and tool sources keep, by their names. */
  state: z.record(z.string(), z.custom<JsonObject>(isJsonObject)).optional(),
})

const storedState = z.looseObject({
  schemaVersion: z.string(),
  data: z.looseObject({
    conversationHistory: z.array(storedEntry).default([]),
    extensionData: z.looseObject({ durableAgentFunctions: ownFields.optional() }).nullish(),
  }),
})

/** A session as stored in its entity; fields we do not know are kept as they are. */
export type StoredState = z.infer<typeof storedState>
/** A request, an answer or a failure in a stored conversation, told apart by `$type`. */
export type StoredEntry = z.infer<typeof storedEntry>
export type StoredMessage = z.infer<typeof storedMessage>
/** What we keep beside the conversation, under `data.extensionData.durableAgentFunctions`. */
export type OwnFields = z.infer<typeof ownFields>

export const noOwnFields: OwnFields = { turn: 0, messageCount: 0, tokens: 0, evictedTurn: 0, resetTurn: 0 }

/**
 * Checks what was stored, and lifts it to the version we write.
 * @throws {AgentError} `unsupported_state` for a version we do not know or a state that is damaged; nothing may then be overwritten.
 */
export function parseStoredState(value: unknown): StoredState {
  const version =
    typeof value === 'object' && value !== null ? (value as JsonObject).schemaVersion : undefined
  if (typeof version !== 'string') {
    throw new AgentError(
      'unsupported_state',
      'The stored session has no schemaVersion. It was left as it is.',
    )
  }
  if (!/^1\.\d+\.\d+$/.test(version)) {
    throw new AgentError(
      'unsupported_state',
      `The stored session has schema version ${version}; this release reads 1.x. It was left as it is.`,
    )
  }
  const parsed = storedState.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.flatMap(toIssues)
  throw new AgentError(
    'unsupported_state',
    `The stored session is damaged at ${issues[0]?.path}: ${issues[0]?.message}. It was left as it is.`,
    { issues },
  )
}
