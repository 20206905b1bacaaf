import { type ChatMessage, createTextMessage } from '../../../core/messages.js'
import { parseAttachmentUri } from '../../../run/attachment.js'
import { fold, toLastCalls } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import { toOwnMessages } from '../../../run/turn-messages.js'
import type { HistoryPage } from '../../../session/read-session.js'
import { fromStoredMessage, fromStoredUsage } from '../../../session/stored-messages.js'
import type { StoredEntry } from '../../../session/stored-state.js'
import type { Call } from '../../route.js'
import { toAnswerId } from './answer-teller.js'
import type { UiMetadata } from './ui-chunks.js'
import { toAnswerParts, type UiMessage } from './ui-messages.js'
import { toUserParts } from './ui-parts.js'

/** A page of a conversation, as front ends begin with it. */
export interface UiMessagePage {
  /** Oldest first; on the newest page also what has been said of answers that are being made. */
  readonly messages: readonly UiMessage[]
  /** Pass it as `before` for the page of older messages; absent when there are none. */
  readonly next_before?: number | undefined
}

/** A session as UI messages, with the ids that their streams gave them. */
export async function readUiMessages(call: Call, key: SessionKey, page: HistoryPage): Promise<UiMessagePage> {
  const { entries, olderBefore, openRuns } = await call.sessions.read(key, page)
  const open = new Set(openRuns.map(({ run }) => run))
  const messages = entries.map(async (entry) => {
    if (entry.$type !== 'request') return toAnswer(key, entry)
    const said = await readSaid(call, key, entry)
    const run = entry.correlationId ?? ''
    return open.has(run) ? [...said, ...(await readUnfinished(call, key, run))] : said
  })
  return { messages: (await Promise.all(messages)).flat(), next_before: olderBefore }
}

async function readSaid(call: Call, key: SessionKey, entry: StoredEntry): Promise<readonly UiMessage[]> {
  const run = entry.correlationId ?? entry.createdAt
  const metadata = toMetadata(key, entry)
  const said = entry.messages.map(async (stored, index): Promise<readonly UiMessage[]> => {
    const message = fromStoredMessage(stored)
    if (message === undefined || message.role === 'tool') return []
    const id = typeof stored.messageId === 'string' ? stored.messageId : index === 0 ? run : `${run}.${index}`
    const contents = await Promise.all(message.contents.map((content) => attach(call, key, content)))
    return [{ id, role: message.role, metadata, parts: toUserParts({ ...message, contents }) }]
  })
  return (await Promise.all(said)).flat()
}

/** What is kept beside the log of a run is shown where it was said. */
async function attach(
  { log }: Call,
  key: SessionKey,
  content: ChatMessage['contents'][number],
): Promise<ChatMessage['contents'][number]> {
  const place = content.type === 'uri' ? parseAttachmentUri(content.uri) : undefined
  if (place === undefined || content.type !== 'uri') return content
  const uri = await log.readAttachment({ ...key, run: place.run }, place.digest)
  if (uri !== undefined) return { type: 'data', uri, mediaType: content.mediaType }
  return { type: 'text', text: `[Here was a file of type ${content.mediaType}, which is no longer kept.]` }
}

function toAnswer(key: SessionKey, entry: StoredEntry): readonly UiMessage[] {
  if (entry.$type !== 'response' && entry.$type !== 'errorResponse') return []
  const messages = entry.messages.map(fromStoredMessage).filter((message) => message !== undefined)
  const usage = fromStoredUsage(entry.usage)
  const metadata = { ...toMetadata(key, entry), usage, ...toFailure(entry) }
  const id = toAnswerId(entry.correlationId ?? entry.createdAt)
  return [{ id, role: 'assistant', metadata, parts: toAnswerParts(messages) }]
}

function toFailure({ $type, error }: StoredEntry): UiMetadata {
  if ($type !== 'errorResponse') return {}
  const { code = 'internal', message = '' } = (error ?? {}) as { code?: string; message?: string }
  return { error: { code, message } }
}

function toMetadata({ session }: SessionKey, { correlationId, createdAt }: StoredEntry): UiMetadata {
  return { sessionId: session, createdAt, ...(correlationId == null ? {} : { correlationId }) }
}

/** What a run has said so far that has not ended; nothing before it has said anything. */
async function readUnfinished(call: Call, key: SessionKey, run: string): Promise<readonly UiMessage[]> {
  const state = fold(await call.sessions.readRun({ ...key, run }))
  const partial = state.partial ? [createTextMessage('assistant', state.partial)] : []
  const parts = toAnswerParts([...toOwnMessages(state), ...partial], toLastCalls(state))
  const metadata = { sessionId: key.session, correlationId: run, usage: state.usage }
  return parts.length === 0 ? [] : [{ id: toAnswerId(run), role: 'assistant', metadata, parts }]
}
