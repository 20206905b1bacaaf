import { type Part, Role, type SendMessageRequest } from '@a2a-js/sdk'
import { toCanonicalJson } from '../../core/json.js'
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

/** What an agent elsewhere is sent: what was said since it has last spoken, in the context and to the task of then. */
export function toRemoteMessage(key: string, request: ChatRequest, messageId: string): SendMessageRequest {
  const { messages, responseFormat } = request
  const last = messages.findLastIndex((message) => readPlace(key, message) !== undefined)
  const spoken = messages[last]
  const place: RemotePlace = (spoken && readPlace(key, spoken)) ?? { contextId: '' }
  const fresh = messages.slice(last + 1).filter(({ role }) => role !== 'system')
  const decisions = spoken === undefined ? [] : toDecisions(toFunctionCalls(spoken), fresh)
  const parts = decisions.length > 0 ? decisions : toParts(fresh)
  const none = { metadata: undefined, extensions: [], referenceTaskIds: [] }
  const { contextId, taskId = '' } = place
  return {
    tenant: '',
    message: { messageId, contextId, taskId, role: Role.ROLE_USER, parts, ...none },
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      returnImmediately: true,
    },
    metadata: responseFormat === undefined ? undefined : { responseSchema: responseFormat.schema },
  }
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
    if (result.error !== undefined)
      return [toPart({ $case: 'data', value: { approvalId, approved: false, reason: result.error } })]
    const agreed = (result.result as { readonly arguments?: unknown } | undefined)?.arguments
    const isEdited = toCanonicalJson(agreed ?? null) !== toCanonicalJson(asked.data.arguments ?? null)
    return [
      toPart({
        $case: 'data',
        value: { approvalId, approved: true, ...(isEdited ? { arguments: agreed } : {}) },
      }),
    ]
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
  const [, type = '', base64] = /^data:([^;,]*)[^,]*;base64,(.*)$/is.exec(uri) ?? []
  if (base64 === undefined) return toPart({ $case: 'url', value: uri }, mediaType)
  return toPart({ $case: 'raw', value: Buffer.from(base64, 'base64') }, mediaType ?? type)
}

function toPart(content: NonNullable<Part['content']>, mediaType = ''): Part {
  return { content, metadata: undefined, filename: '', mediaType }
}
