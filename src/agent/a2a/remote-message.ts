import { type Part, Role, type SendMessageRequest } from '@a2a-js/sdk'
import { isJsonObject } from '../../core/json.js'
import { longestReason } from '../../core/longest-reason.js'
import {
  type ChatMessage,
  type Content,
  type FunctionCallContent,
  toFunctionCalls,
  toText,
} from '../../core/messages.js'
import type { ChatRequest } from '../../model/chat-client.js'
import { confirmation } from './confirmation-tool.js'
import { type RemotePlace, readPlace } from './remote-place.js'

/** What an agent elsewhere is to be told, and where. */
export interface RemoteMessage {
  readonly parts: readonly Part[]
  readonly contextId: string
  /** The task whose question it answers. */
  readonly taskId?: string | undefined
  /** What tells that question from others. */
  readonly question?: string | undefined
  /** Whether it is what humans have decided. */
  readonly isDecision: boolean
  /** The task whose question nobody will answer, as something else was said instead. */
  readonly left?: string | undefined
}

/** What was said since an agent has last spoken, in the context and to the task of then. */
export function toRemoteMessage(key: string, { messages }: ChatRequest): RemoteMessage {
  const last = messages.findLastIndex((message) => readPlace(key, message) !== undefined)
  const spoken = messages[last]
  const place: RemotePlace = (spoken && readPlace(key, spoken)) ?? { contextId: '' }
  const fresh = messages.slice(last + 1).filter(({ role }) => role !== 'system')
  const calls = spoken === undefined ? [] : toFunctionCalls(spoken).filter(isConfirmation)
  if (calls.length === 0) return { ...place, parts: toParts(fresh), isDecision: false }
  const { contextId, taskId } = place
  const said = toParts(fresh)
  if (said.length > 0) return { contextId, parts: said, isDecision: false, left: taskId }
  return { ...place, parts: toDecisions(calls, fresh), isDecision: true }
}

/** Sends a message under an id; it is answered at once, be it with a task that has hardly begun. */
export function toSendRequest(
  { parts, contextId, taskId = '' }: RemoteMessage,
  messageId: string,
  { responseFormat }: ChatRequest,
): SendMessageRequest {
  const none = { metadata: undefined, extensions: [], referenceTaskIds: [] }
  return {
    tenant: '',
    message: { messageId, contextId, taskId, role: Role.ROLE_USER, parts: [...parts], ...none },
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      returnImmediately: true,
    },
    metadata: responseFormat === undefined ? undefined : { responseSchema: responseFormat.schema },
  }
}

function isConfirmation(call: FunctionCallContent): boolean {
  return confirmation.safeParse(call.arguments).success
}

/** What humans have decided about what the agent had asked. */
function toDecisions(calls: readonly FunctionCallContent[], fresh: readonly ChatMessage[]): Part[] {
  const results = fresh.flatMap(({ contents }) =>
    contents.filter((content) => content.type === 'functionResult'),
  )
  return calls.flatMap((call) => {
    const asked = confirmation.safeParse(call.arguments)
    const result = results.find(({ callId }) => callId === call.callId)
    if (!asked.success || result === undefined) return []
    const { approvalId } = asked.data
    if (result.error !== undefined) {
      // Agents of ours take no longer one.
      const reason = result.error.slice(0, longestReason)
      return [toPart({ $case: 'data', value: { approvalId, approved: false, reason } })]
    }
    // The call is shown as the human had it run, so it does not say whether that was changed.
    const { arguments: agreed } = (result.result ?? {}) as { readonly arguments?: unknown }
    const changed = isJsonObject(agreed) ? { arguments: agreed } : {}
    return [toPart({ $case: 'data', value: { approvalId, approved: true, ...changed } })]
  })
}

/** An agent that does not know what was said before is shown it as a transcript, as only the user speaks to it. */
function toParts(fresh: readonly ChatMessage[]): Part[] {
  const heard = fresh.findLastIndex(({ role }) => role === 'assistant')
  const before = fresh.slice(0, heard + 1)
  const said = fresh.slice(heard + 1).flatMap(({ contents }) => contents.flatMap(toContentParts))
  if (before.length === 0) return said
  const lines = before.map(({ role, contents }) => `${role}: ${toText(contents)}`)
  return [toPart({ $case: 'text', value: `The conversation so far:\n${lines.join('\n')}` }), ...said]
}

function toContentParts(content: Content): readonly Part[] {
  switch (content.type) {
    case 'text':
      return content.text === '' ? [] : [toPart({ $case: 'text', value: content.text })]
    case 'uri':
      return [toPart({ $case: 'url', value: content.uri }, content.mediaType)]
    case 'data':
      return [toFile(content.uri, content.mediaType)]
    default:
      return []
  }
}

function toFile(uri: string, mediaType: string | undefined): Part {
  // Security: nothing in it can be matched in two ways, as callers may send a megabyte of what it does not fit.
  const [, type = '', base64] = /^data:([^;,]*)(?:;[^,]*)?;base64,(.*)$/is.exec(uri) ?? []
  if (base64 === undefined) return toPart({ $case: 'url', value: uri }, mediaType)
  return toPart({ $case: 'raw', value: Buffer.from(base64, 'base64') }, mediaType ?? type)
}

function toPart(content: NonNullable<Part['content']>, mediaType = ''): Part {
  return { content, metadata: undefined, filename: '', mediaType }
}
