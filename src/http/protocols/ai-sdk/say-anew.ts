import { AgentError } from '../../../core/errors.js'
import { toCanonicalJson } from '../../../core/json.js'
import { type ChatMessage, toText } from '../../../core/messages.js'
import { type RunRequest, toRunRequest } from '../../../run/events.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { parseCorrelationId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { readSaid, toSaidIds } from '../said-messages.js'
import { isGoingOn } from '../waiting-runs.js'
import { toAnsweringRun } from './answer-id.js'
import { type KnownMessage, listAttempts, searchMessage } from './find-message.js'
import type { ParsedChat } from './parse-chat.js'

/** A run, and what it is asked. */
export interface Said {
  readonly run: string
  readonly request: RunRequest
  /** The message whose place it takes. @default none */
  readonly replaced?: KnownMessage | undefined
}

/**
 * What comes of a message that is sent in place of an earlier one, or is to be answered anew: the run that there is, as long as
 * it goes on or nothing has changed, else one that takes its place. `undefined` for a message that no run has taken.
 * @throws {AgentError} `invalid_request` or `not_found` when what is named is no part of the conversation.
 */
export async function sayAnew(call: Call, chat: ParsedChat): Promise<Said | undefined> {
  const given = chat.messages.at(-1)
  if (given === undefined || (chat.trigger === 'submit-message' && chat.messageId === undefined))
    return undefined
  const known = await findNamed(call, chat, given.messageId ?? '')
  if (known === undefined) return undefined
  await call.sessions.requireSession(chat.session, call.owner)
  const { before, message = given, isLast } = await readKnown(call, chat, known)
  const { run, request } = known
  const isChanged = isEdited(message, given, chat)
  if (request !== undefined && isLast && !isChanged && (await isToStay(call, known, chat)))
    return { run, request: { ...request, owner: call.owner } }
  return replace(call, chat, known, [...before, isChanged ? given : message])
}

/** The message that a request is about. */
async function findNamed(
  call: Call,
  { session, trigger, messageId = '' }: ParsedChat,
  last: string,
): Promise<KnownMessage | undefined> {
  const known = await searchMessage(call, session, last)
  if (trigger === 'submit-message')
    return known ?? searchMessage(call, session, parseCorrelationId(messageId, 'messageId'))
  const run = toAnsweringRun(messageId)
  if (run === undefined || run === known?.run || run === known?.request?.options.replaces) return known
  await call.sessions.requireSession(session, call.owner)
  const request = toRunRequest(await call.sessions.readRun({ ...session, run }))
  if (request === undefined)
    throw new AgentError('not_found', `messageId: the chat has no message "${messageId}".`)
  const answered = toSaidIds(run, request.messages)
  if (answered.includes(last)) return known
  if (known === undefined) return searchMessage(call, session, answered.at(-1) ?? '')
  throw createFieldError('messageId', 'must name the last message of the user, or the answer to it')
}

/** A message as its run was asked, and what the run was asked before it. @throws {AgentError} `not_found` when it was taken back. */
async function readKnown(call: Call, { session }: ParsedChat, { id, entry, isPart }: KnownMessage) {
  if (entry === undefined) {
    if (!isPart) return { before: [], message: undefined, isLast: false }
    throw new AgentError('not_found', `messageId: message "${id}" is no part of the chat any more.`)
  }
  const said = await readSaid(call, session, entry)
  const index = said.findIndex(({ messageId }) => messageId === id)
  return {
    before: said.slice(0, Math.max(0, index)),
    message: said[index],
    isLast: index === said.length - 1,
  }
}

/**
 * Whether a message has become another one. To be answered anew is what it was, with its files, whether or not they are sent
 * along; other words are an edit that was lost on its way.
 */
function isEdited(said: ChatMessage, given: ChatMessage, { trigger }: ParsedChat): boolean {
  if (trigger === 'regenerate-message') return toText(said.contents) !== toText(given.contents)
  return toCanonicalJson(said.contents) !== toCanonicalJson(given.contents)
}

/** Whether a message has the answer that is wanted: one that is being made, or was made in place of the one that is named. */
async function isToStay(
  call: Call,
  known: KnownMessage,
  { session, trigger, run, messageId }: ParsedChat,
): Promise<boolean> {
  const replaced = toAnsweringRun(messageId ?? '') ?? known.run
  if (trigger === 'submit-message' || known.run === run || known.run !== replaced) return true
  return isGoingOn(call, session, known)
}

async function replace(
  call: Call,
  { session, run, options }: ParsedChat,
  known: KnownMessage,
  messages: readonly ChatMessage[],
): Promise<Said> {
  const { next } = await listAttempts(call, session, messages.at(-1)?.messageId ?? '', known.run)
  const replaced = known.entry === undefined ? undefined : known
  // What it could join makes way for it.
  const onBusy = options.onBusy === 'steer' ? undefined : options.onBusy
  const request = createRunRequest({
    messages,
    options: { ...options, onBusy, replaces: replaced?.run },
    owner: call.owner,
  })
  return { run: run ?? next, request, replaced }
}
