import { AgentError } from '../../../core/errors.js'
import { findEndedRuns, findOpenRuns } from '../../../run/find-runs.js'
import { fold } from '../../../run/fold.js'
import type { RunKey, SessionKey } from '../../../run/run-log.js'
import { isAsking } from '../../../run/waiting.js'
import { type Answer, createJsonAnswer } from '../../answers.js'
import { parseCorrelationId, parseSessionId } from '../../ids.js'
import { parsePage } from '../../parse-page.js'
import { refuseUnknown } from '../../parse-query.js'
import type { Call } from '../../route.js'
import { requireAgent } from '../find-agent.js'
import { beginChat } from './begin-chat.js'
import { createChunkStream } from './chunk-stream.js'
import { findMessage } from './find-message.js'
import { parseChat } from './parse-chat.js'
import { readUiMessages } from './read-ui-messages.js'

/** `POST ai-sdk/{agent}`: takes a message, or what the agent has asked for; answers with the UI message stream. */
export async function handleChat(call: Call): Promise<Answer> {
  const begun = await beginChat(call, await parseChat(call))
  await call.sessions.settle()
  return createChunkStream(call, begun)
}

/**
 * `GET ai-sdk/{agent}/{chatId}/stream`: the answer that is being made, from its beginning; 204 when there is none. With
 * `?messageId=` the answer to that message, also when it has ended.
 */
export async function handleResume(call: Call): Promise<Answer> {
  const query = call.url.searchParams
  refuseUnknown(query, ['messageId', 'code'])
  const messageId = query.get('messageId')
  const session = parseChatId(call)
  // A chat of which nothing was sent yet is none that could not be found.
  if (messageId === null && (await call.log.session(session)) === undefined) return nothingRuns
  await call.sessions.requireSession(session, call.owner)
  const key =
    messageId === null ? await findRunToTell(call, session) : await requireRun(call, session, messageId)
  return key === undefined ? nothingRuns : createChunkStream(call, { key })
}

const nothingRuns: Answer = { status: 204, headers: {} }

/**
 * The run that waits for a human or the page, as pages answer only when they are told nothing; else the newest that has not ended. When
 * there is none, the last run if one executor took it over from another: with that one the stream may have broken off, and
 * its reader comes back for the rest.
 */
async function findRunToTell({ log, sessions }: Call, session: SessionKey): Promise<RunKey | undefined> {
  const open = await findOpenRuns(log, session)
  const [first] = open
  if (first !== undefined) {
    const asks =
      first.status === 'parked' && isAsking(await sessions.readStanding({ ...session, run: first.run }))
    return { ...session, run: (asks ? first : (open.at(-1) ?? first)).run }
  }
  const [ended] = await findEndedRuns(log, session, 1)
  if (ended === undefined) return undefined
  const key = { ...session, run: ended.run }
  return fold(await sessions.readRun(key)).attempt > 1 ? key : undefined
}

/** The newest run that was to answer a message. @throws {AgentError} `not_found` when there is none. */
async function requireRun(call: Call, session: SessionKey, messageId: string): Promise<RunKey> {
  const known = await findMessage(call, session, parseCorrelationId(messageId, 'messageId'))
  if (known?.request !== undefined) return { ...session, run: known.run }
  throw new AgentError('not_found', `messageId: the chat has no message "${messageId}".`)
}

/** `GET ai-sdk/{agent}/{chatId}`: the conversation as UI messages, newest last. */
export async function handleMessages(call: Call): Promise<Answer> {
  const query = call.url.searchParams
  refuseUnknown(query, ['limit', 'before', 'code'])
  const page = parsePage(query)
  const session = parseChatId(call)
  await call.sessions.requireSession(session, call.owner)
  return createJsonAnswer(await readUiMessages(call, session, page))
}

function parseChatId(call: Call): SessionKey {
  const { chatId = '' } = call.params
  return { agent: requireAgent(call).name, session: parseSessionId(chatId, 'chatId') }
}
