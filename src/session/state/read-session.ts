import { toTimestamp } from '../../core/clock.js'
import { hasCode } from '../../core/errors.js'
import type { StoredEvent } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunSummary } from '../../run/run-log.js'
import type { Conversation } from './conversation.js'
import { toLastResponse } from './history-entries.js'
import { inherit } from './inherit.js'
import { readOlderEntries } from './session-history.js'
import type { StoredEntry } from './stored-state.js'
import { findTurnOf, takeBack, toReplaced } from './take-back.js'
import { takeIn } from './take-in.js'
import { countTurns } from './taken-back.js'
import { toRequestEntry } from './turn-entries.js'
import { toTurns } from './turns.js'

/** What a caller asked of a session's history. */
export interface HistoryPage {
  /** Most turns to give. */
  readonly limit: number
  /** Only turns before this one. @default all */
  readonly before: number | undefined
}

/** A session as its readers see it. */
export interface SessionView {
  /** Also of what waits for its answer, whichever page is asked for. */
  readonly messageCount: number
  /** The text of the newest answer, also when that is not on the page; `null` when nothing was answered. */
  readonly lastResponse: string | null
  /** Whole turns, oldest first; on the newest page also what waits for its answer. */
  readonly entries: readonly StoredEntry[]
  /** Pass it as `before` for the page of older turns; `undefined` when there are none. */
  readonly olderBefore: number | undefined
  /** Runs that have been accepted and have not ended, oldest first. */
  readonly openRuns: readonly OpenRun[]
}

/** A run that had not ended when its session was read. */
export interface OpenRun extends RunSummary {
  /** Empty when it has been deleted since. */
  readonly events: readonly StoredEvent[]
}

/** A session as its readers see it: what its entity has stored, what has ended since, and what waits for its answer. */
export async function readSession(conversation: Conversation, page: HistoryPage): Promise<SessionView> {
  const { state } = conversation
  const { openRuns, counting } = await bringUpToDate(conversation)
  const waiting = counting.flatMap(toRequestEntries)
  const { entries, olderBefore } = await readPage(conversation, page)
  const messageCount = state.messageCount + waiting.flatMap(({ messages }) => messages).length
  const lastResponse = toLastResponse([...entries, ...state.entries])
  const shown = page.before === undefined ? [...entries, ...waiting] : entries
  return { messageCount, lastResponse, openRuns, entries: shown, olderBefore }
}

/** The runs of a session that have not ended. */
export interface OpenRuns {
  readonly openRuns: readonly OpenRun[]
  /** Those whose messages count: nobody has taken their place. */
  readonly counting: readonly OpenRun[]
}

/** Makes of a session's stored state the conversation as it is now: with what has ended since, and without what was taken back. */
export async function bringUpToDate(conversation: Conversation): Promise<OpenRuns> {
  const unfinished = await addEnded(conversation)
  const openRuns = await Promise.all(unfinished.map((summary) => readOpenRun(conversation, summary)))
  return { openRuns, counting: await takeBackReplaced(conversation, openRuns) }
}

/** Adds to a session's state the runs that have ended since it was stored; gives those that have not. */
async function addEnded(conversation: Conversation): Promise<readonly RunSummary[]> {
  const { log, key, state } = conversation
  const runs = await log.runsAfter(key, state.own.turn)
  for (const { run, turn } of runs.filter(({ status }) => status === 'ended')) {
    const events = await log.read({ ...key, run })
    await takeIn(conversation, { run, turn, events, ended: fold(events) })
  }
  return runs.filter(({ status }) => status !== 'ended')
}

async function readOpenRun({ log, key }: Conversation, summary: RunSummary): Promise<OpenRun> {
  return { ...summary, events: await log.read({ ...key, run: summary.run }) }
}

/** The open runs whose messages count: of those that take the place of others the message counts at once, whenever its turn comes. */
async function takeBackReplaced(
  conversation: Conversation,
  openRuns: readonly OpenRun[],
): Promise<readonly OpenRun[]> {
  let counting: readonly OpenRun[] = []
  for (const open of openRuns) {
    await inheritFor(conversation, open)
    const replaced = toReplaced(open.events)
    if (replaced !== undefined) {
      const first = await findTurnOf(conversation, replaced)
      if (first > 0) await takeBack(conversation, first)
      const end = counting.findIndex(({ run }) => run === replaced)
      counting = counting.slice(0, Math.max(0, end))
    }
    counting = [...counting, open]
  }
  return counting
}

/** A run that comes too late to begin its session will be told so when its turn comes. */
async function inheritFor(conversation: Conversation, { run, events }: OpenRun): Promise<void> {
  try {
    await inherit(conversation, run, events)
  } catch (error) {
    if (!hasCode(error, 'invalid_request')) throw error
  }
}

/** What the user has said and waits for an answer to. */
function toRequestEntries({ run, events: [accepted] }: OpenRun): readonly StoredEntry[] {
  if (accepted?.type !== 'run.accepted') return []
  const { messages, options } = accepted.data
  return [toRequestEntry(messages, run, toTimestamp(accepted.at), { undoes: options.undoes?.run })]
}

async function readPage(conversation: Conversation, { limit, before }: HistoryPage) {
  const { state } = conversation
  const { evictedTurn, resetTurn, takenBack } = state.own
  const recent = toTurns(state.entries).filter(({ turn }) => before === undefined || turn < before)
  const missing = limit - recent.length
  const upTo = Math.min(evictedTurn, (before ?? Number.MAX_SAFE_INTEGER) - 1)
  const older =
    missing > 0 && upTo > resetTurn
      ? toTurns(await readOlderEntries(conversation, { upTo, after: resetTurn, limit: missing }))
      : []
  const turns = [...older, ...recent].slice(-limit)
  const first = turns[0]?.turn ?? 0
  const isFirst = countTurns(takenBack, { after: resetTurn, upTo: first - 1 }) === 0
  const olderBefore = isFirst ? undefined : first
  return { entries: turns.flatMap(({ entries }) => entries), olderBefore }
}
