import { fold } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import { toOwnMessages, toPartialMessages } from '../../../run/turn-messages.js'
import type { HistoryPage, OpenRun } from '../../../session/state/read-session.js'
import { fromStoredError, fromStoredUsage, toModelMessages } from '../../../session/state/stored-messages.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import type { Call } from '../../route.js'
import { readSaid } from '../said-messages.js'
import { toAnswerId } from './answer-id.js'
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
  const open = new Map(openRuns.map((one) => [one.run, one]))
  const messages = entries.map(async (entry) => {
    if (entry.$type !== 'request') return toAnswer(key, entry)
    const said = toUiMessages(key, entry, await readSaid(call, key, entry))
    const unfinished = open.get(entry.correlationId ?? '')
    return unfinished === undefined ? said : [...said, ...(await readUnfinished(call, key, unfinished))]
  })
  return { messages: (await Promise.all(messages)).flat(), next_before: olderBefore }
}

function toUiMessages(
  key: SessionKey,
  entry: StoredEntry,
  said: Awaited<ReturnType<typeof readSaid>>,
): readonly UiMessage[] {
  const metadata = toMetadata(key, entry)
  return said.flatMap(({ messageId: id, role, contents }) =>
    role === 'tool' ? [] : [{ id, role, metadata, parts: toUserParts({ role, contents }) }],
  )
}

function toAnswer(key: SessionKey, entry: StoredEntry): readonly UiMessage[] {
  if (entry.$type !== 'response' && entry.$type !== 'errorResponse') return []
  const usage = fromStoredUsage(entry.usage)
  const metadata = { ...toMetadata(key, entry), usage, ...toFailure(entry) }
  const id = toAnswerId(entry.correlationId ?? entry.createdAt)
  return [{ id, role: 'assistant', metadata, parts: toAnswerParts(toModelMessages([entry])) }]
}

function toFailure({ $type, error }: StoredEntry): UiMetadata {
  return $type === 'errorResponse' ? { error: fromStoredError(error) } : {}
}

function toMetadata({ session }: SessionKey, { correlationId, createdAt }: StoredEntry): UiMetadata {
  return { sessionId: session, createdAt, ...(correlationId == null ? {} : { correlationId }) }
}

/** What a run has said so far that has not ended; nothing before it has said anything. */
async function readUnfinished(
  { sessions }: Call,
  key: SessionKey,
  { run, events }: OpenRun,
): Promise<readonly UiMessage[]> {
  const state = fold(events)
  const standing = await sessions.readStanding({ ...key, run }, events)
  const parts = toAnswerParts([...toOwnMessages(state), ...toPartialMessages(state)], standing)
  const metadata = { sessionId: key.session, correlationId: run, usage: state.usage }
  return parts.length === 0 ? [] : [{ id: toAnswerId(run), role: 'assistant', metadata, parts }]
}
