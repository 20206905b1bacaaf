import type { AgentError } from '../../../core/errors.js'
import { type ChatMessage, type Content, isBlank } from '../../../core/messages.js'
import type { RunOptions } from '../../../run/events.js'
import type { SessionKey } from '../../../run/run-log.js'
import { takeInstructions } from '../../caller-instructions.js'
import { refuseToJoin } from '../../caller-tools.js'
import { parseCorrelationId, parseGivenRun, parseSessionId } from '../../ids.js'
import { refuseUnknown } from '../../parse-query.js'
import { parseShape } from '../../parse-shape.js'
import { readJsonBody } from '../../read-body.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { isNone } from '../answer-run.js'
import { requireAgent } from '../find-agent.js'
import { type ChatBody, chatBody, type UserBodyPart, userParts } from './chat-body.js'
import { type MessageAnswers, toMessageAnswers } from './message-answers.js'
import { toCallerTools } from './page-tools.js'
import { type PlacedMessage, splitMessages } from './split-messages.js'

/** A request of a chat, checked in every part. */
export interface ParsedChat {
  readonly session: SessionKey
  /** What the user says after the agent's last word, oldest first: message ids stand in them. Empty when nothing but answers to the agent are sent. */
  readonly messages: readonly ChatMessage[]
  /** What is answered in the agent's last message. */
  readonly answers: MessageAnswers
  readonly trigger: 'submit-message' | 'regenerate-message'
  /** The message that is sent in place of an earlier one, or goes on. */
  readonly messageId: string | undefined
  /** The run's name, when the caller gives one by header. */
  readonly run: string | undefined
  readonly options: RunOptions
}

/** Most messages that are taken at once: for each is looked whether it was taken before. */
const mostMessages = 100

/** Reads a request. @throws {AgentError} `invalid_request`, `not_found` for an agent, `payload_too_large` or `unsupported_media_type`, naming the field. */
export async function parseChat(call: Call): Promise<ParsedChat> {
  const { request, settings, url } = call
  refuseUnknown(url.searchParams, ['code'])
  const agent = requireAgent(call)
  const body = parseShape(chatBody, await readJsonBody(request, settings.maxBodyBytes))
  const { onBusy } = body
  const tools = toCallerTools(agent, body.tools ?? {})
  refuseToJoin({ tools, onBusy })
  const { shown, instructions: given } = splitMessages(body)
  const instructions = takeInstructions(settings.callerInstructions, given)
  return {
    session: { agent: agent.name, session: parseSessionId(body.id, 'id') },
    ...toSaid(body, shown),
    trigger: body.trigger,
    messageId: body.messageId ?? undefined,
    run: parseGivenRun(request.headers),
    options: { enableToolCalls: true, onBusy, tools, instructions },
  }
}

/** What is new in a conversation. A message that is named as going on leaves those after it to requests of their own. */
function toSaid(
  { messageId }: ChatBody,
  shown: readonly PlacedMessage[],
): Pick<ParsedChat, 'messages' | 'answers'> {
  const continued = toMessageAnswers(shown.findLast((one) => isAgents(one) && one.message.id === messageId))
  if (!isNone(continued)) return { messages: [], answers: continued }
  const last = shown.findLastIndex(isAgents)
  const said = shown.slice(last + 1)
  if (said.length > mostMessages) throw createTooManyError(said.length)
  const messages = said.map(toMessage)
  const answers = toMessageAnswers(shown[last])
  if (messages.length > 0 || !isNone(answers)) return { messages, answers }
  throw createFieldError(
    'messages',
    "must end with a message of the user, or with an answer (answer-…) in which approvals are decided or outputs of the page's tools are given",
  )
}

function isAgents({ message }: PlacedMessage): boolean {
  return message.role === 'assistant'
}

function createTooManyError(count: number): AgentError {
  return createFieldError(
    'messages',
    `must have at most ${mostMessages} of the user after the agent's last, not ${count}`,
  )
}

function toMessage({ message: { id, parts }, path }: PlacedMessage): ChatMessage {
  const contents = parseShape(userParts, parts, [...path, 'parts']).map(toContent)
  const message: ChatMessage = { role: 'user', contents }
  if (isBlank(message)) throw createFieldError([...path, 'parts'].join('.'), 'must not be blank')
  return { ...message, messageId: parseCorrelationId(id, [...path, 'id'].join('.')) }
}

function toContent(part: UserBodyPart): Content {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { url: uri, mediaType } = part
  return /^data:/i.test(uri) ? { type: 'data', uri, mediaType } : { type: 'uri', uri, mediaType }
}
