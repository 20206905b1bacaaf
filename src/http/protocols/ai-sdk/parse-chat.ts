import type { AgentError } from '../../../core/errors.js'
import type { ChatMessage, Content } from '../../../core/messages.js'
import type { OnBusy } from '../../../run/events.js'
import type { SessionKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import type { PlacedDecision } from '../decide-run.js'
import { requireAgent } from '../find-agent.js'
import {
  approvalPart,
  type ChatBody,
  chatBody,
  type UiBodyMessage,
  type UserBodyPart,
  userParts,
} from './chat-body.js'

/** A request of a chat, checked in every part. */
export interface ParsedChat {
  readonly session: SessionKey
  /** What the user says after the agent's last word, oldest first: message ids stand in them. Empty when nothing but decisions are sent. */
  readonly messages: readonly ChatMessage[]
  /** What the user has decided about tool calls in the agent's last message. */
  readonly decisions: readonly PlacedDecision[]
  readonly trigger: 'submit-message' | 'regenerate-message'
  /** The message that is sent in place of an earlier one, or goes on. */
  readonly messageId: string | undefined
  /** The run's name, when the caller gives one by header. */
  readonly run: string | undefined
  readonly onBusy: OnBusy | undefined
}

/** Most messages that are taken at once: for each is looked whether it was taken before. */
const mostMessages = 100

/** Reads a request. @throws {AgentError} `invalid_request`, `not_found` for an agent, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseChat(call: Call): Promise<ParsedChat> {
  const { request, settings, url, params } = call
  refuseUnknown(url.searchParams, ['code'])
  const agent = requireAgent(call, params.agent ?? '')
  const body = parseShape(chatBody, await readJsonBody(request, settings.maxBodyBytes))
  const header = request.headers.get('idempotency-key')
  return {
    session: { agent: agent.name, session: parseSessionId(body.id, 'id') },
    ...toSaid(body),
    trigger: body.trigger,
    messageId: body.messageId ?? undefined,
    run: header === null ? undefined : parseCorrelationId(header, 'Idempotency-Key'),
    onBusy: body.onBusy,
  }
}

/** What is new in a conversation. A message that is named as going on leaves those after it to requests of their own. */
function toSaid(body: ChatBody): Pick<ParsedChat, 'messages' | 'decisions'> {
  const all = (body.messages ?? [body.message]).filter((message) => message !== undefined)
  const toPath = (index: number) => (body.messages === undefined ? ['message'] : ['messages', String(index)])
  const decide = (index: number) => toDecisions(all[index], toPath(index))
  const continued = decide(all.findLastIndex(({ id, role }) => role === 'assistant' && id === body.messageId))
  if (continued.length > 0) return { messages: [], decisions: continued }
  const start = all.findLastIndex(({ role }) => role === 'assistant') + 1
  const said = all.slice(start)
  if (said.length > mostMessages) throw createTooManyError(said.length)
  const messages = said.map((message, index) => toMessage(message, toPath(start + index)))
  const decisions = decide(start - 1)
  if (messages.length + decisions.length > 0) return { messages, decisions }
  throw createFieldError('messages', 'must end with a message of the user, or with answers to tool approvals')
}

function createTooManyError(count: number): AgentError {
  return createFieldError(
    'messages',
    `must have at most ${mostMessages} of the user after the agent's last, not ${count}`,
  )
}

function toMessage({ id, parts }: UiBodyMessage, path: readonly string[]): ChatMessage {
  const contents = parseShape(userParts, parts, [...path, 'parts']).map(toContent)
  if (contents.every((content) => content.type === 'text' && content.text.trim() === '')) {
    throw createFieldError([...path, 'parts'].join('.'), 'must not be blank')
  }
  return { role: 'user', contents, messageId: parseCorrelationId(id, [...path, 'id'].join('.')) }
}

function toContent(part: UserBodyPart): Content {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { url: uri, mediaType } = part
  return /^data:/i.test(uri) ? { type: 'data', uri, mediaType } : { type: 'uri', uri, mediaType }
}

function toDecisions(message: UiBodyMessage | undefined, path: readonly string[]): readonly PlacedDecision[] {
  return (message?.parts ?? []).flatMap((part, index) => {
    if (part.state !== 'approval-responded') return []
    const place = [...path, 'parts', String(index)]
    const { approval } = parseShape(approvalPart, part, place)
    return {
      approvalId: approval.id,
      decision: approval.approved ? ('approve' as const) : ('reject' as const),
      reason: approval.reason,
      path: [...place, 'approval', 'id'].join('.'),
    }
  })
}
