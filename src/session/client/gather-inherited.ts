import { AgentError } from '../../core/errors.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import {
  type Attachment,
  type AttachmentPlace,
  parseAttachmentUri,
  toAttachmentUri,
} from '../../run/attachment.js'
import { logsAtATime } from '../logs-at-a-time.js'
import type { AgentState } from '../state/agent-state.js'
import type { Conversation } from '../state/conversation.js'
import { type Inheritance, toAttachment } from '../state/inheritance.js'
import { bringUpToDate } from '../state/read-session.js'
import { readOlderEntries } from '../state/session-history.js'
import type { StoredEntry } from '../state/stored-state.js'
import { findTurnOf, takeBack } from '../state/take-back.js'
import { isTakenBack } from '../state/taken-back.js'
import { type Turn, toTurns } from '../state/turns.js'
import type { DetachedRequest } from './detach-media.js'

/** How large a conversation may be that is copied, if nothing else is said: about what a model can be shown at once. */
export const defaultMaxContinuedBytes = 32 * 1024 * 1024

/** What a new session goes on from, as what its first run brings along. */
export interface Inherited {
  readonly digest: string
  readonly attachments: readonly Attachment[]
}

/** A request with what its session goes on from. */
export function withInherited(
  { request, attachments }: DetachedRequest,
  inherited: Inherited,
): DetachedRequest {
  // A file that is said again is there already.
  const others = inherited.attachments.filter(
    ({ digest }) => !attachments.some((own) => own.digest === digest),
  )
  return {
    request: { ...request, inherited: inherited.digest },
    attachments: [...attachments, ...others],
  }
}

export interface Gathering {
  /** The last run that counts. @default the last that has ended */
  readonly run: string | undefined
  readonly into: string
  /** How much it may be, with all files. */
  readonly maxBytes: number
}

/**
 * Gathers what was said in a session up to and with `run`, to be kept with the run `into` of another one: nothing that becomes of
 * the first session changes the second.
 * @throws {AgentError} `not_found` when `run` is no part of the conversation, `payload_too_large` when that has more than `maxBytes`.
 */
export async function gatherInherited(
  conversation: Conversation,
  { run, into, maxBytes }: Gathering,
): Promise<Inherited> {
  const { state } = conversation
  await bringUpToDate(conversation)
  if (run !== undefined) {
    const turn = await findTurnOf(conversation, run)
    if (!isInConversation(turn, state)) throw createContinuesError(run)
    await takeBack(conversation, turn + 1)
  }
  const turns = await readTurns(conversation)
  const media = new Map<string, AttachmentPlace>()
  const inheritance: Inheritance = {
    turns: turns.map(({ entries }) => entries.map((entry) => moveMedia(entry, into, media))),
    state: state.own.state,
    summary: toSummary(state, turns),
  }
  let size = 0
  const take = (attachment: Attachment): Attachment => {
    size += Buffer.byteLength(attachment.content)
    if (size > maxBytes) throw createTooLargeError(maxBytes)
    return attachment
  }
  const attachment = take(toAttachment(inheritance))
  const gathered = await forEachLimited([...media.values()], logsAtATime, async (place) =>
    (await readMedium(conversation, place)).map(take),
  )
  return { digest: attachment.digest, attachments: [attachment, ...gathered.flat()] }
}

function isInConversation(turn: number, { own }: AgentState): boolean {
  return turn > own.resetTurn && turn <= own.turn && !isTakenBack(own.takenBack, turn)
}

/** All turns of a conversation that count, oldest first. */
async function readTurns(conversation: Conversation): Promise<readonly Turn[]> {
  const { state } = conversation
  const { evictedTurn, resetTurn } = state.own
  const range = { after: resetTurn, upTo: evictedTurn, limit: evictedTurn }
  const older = evictedTurn > resetTurn ? await readOlderEntries(conversation, range) : []
  return toTurns([...older, ...state.entries])
}

/** Has an entry refer to media of the new run, and notes where they are. */
function moveMedia(entry: StoredEntry, into: string, media: Map<string, AttachmentPlace>): StoredEntry {
  const messages = entry.messages.map((message) => ({
    ...message,
    contents: message.contents.map((content) => {
      const place = typeof content.uri === 'string' ? parseAttachmentUri(content.uri) : undefined
      if (place === undefined) return content
      media.set(place.digest, place)
      return { ...content, uri: toAttachmentUri({ run: into, digest: place.digest }) }
    }),
  }))
  return { ...entry, messages }
}

/** None when its run was deleted: whoever needs it is told that it is no longer kept. */
async function readMedium(
  { log, key }: Conversation,
  { run, digest }: AttachmentPlace,
): Promise<readonly Attachment[]> {
  const content = await log.readAttachment({ ...key, run }, digest)
  return content === undefined ? [] : [{ digest, content }]
}

/** The summary, by the new numbers of the turns. */
function toSummary({ own }: AgentState, turns: readonly Turn[]): Inheritance['summary'] {
  const { summary } = own
  if (summary === undefined) return undefined
  const upToTurn = turns.filter(({ turn }) => turn <= summary.upToTurn).length
  return { upToTurn, text: summary.text }
}

function createContinuesError(run: string): AgentError {
  return new AgentError(
    'not_found',
    `continues: run "${run}" is no part of that conversation, or has not ended.`,
  )
}

function createTooLargeError(maxBytes: number): AgentError {
  const message = `that conversation has, with its files, more than ${maxBytes} bytes`
  return new AgentError('payload_too_large', `continues: ${message}; go on from an earlier run of it.`, {
    issues: [{ path: 'continues', message }],
  })
}
