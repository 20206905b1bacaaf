import { forEachLimited } from '../../core/for-each-limited.js'
import { type SessionState, type StoredEvent, toRunRequest } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunSummary } from '../../run/run-log.js'
import { logsAtATime } from '../logs-at-a-time.js'
import { countUserMessages } from './agent-state.js'
import type { Conversation } from './conversation.js'
import { readInheritance, readInheritedEntries } from './inheritance.js'
import { findTurns } from './session-history.js'
import type { StoredEntry } from './stored-state.js'
import { countTurns } from './taken-back.js'
import { toTurnEntries } from './turn-entries.js'
import { type TurnRange, toTurns } from './turns.js'

/** The run whose place a run takes, as its log says; `undefined` when it takes nobody's. */
export function toReplaced(events: readonly StoredEvent[]): string | undefined {
  return toRunRequest(events)?.options.replaces
}

/** The turn of a run, also when its log was deleted but not its turn; 0 when it is none of the conversation's, or has not been begun. */
export async function findTurnOf({ log, key, state }: Conversation, run: string): Promise<number> {
  const events = await log.read({ ...key, run })
  if (events.length > 0) return fold(events).turn
  const isOfRun = ({ correlationId }: StoredEntry) => correlationId === run
  const find = (entries: readonly StoredEntry[]) =>
    toTurns(entries).find((turn) => turn.entries.some(isOfRun))?.turn
  const all = { after: 0, upTo: state.own.turn, limit: state.own.turn }
  const own = { ...state.own, takenBack: undefined }
  return find(state.entries) ?? find(await readInheritedEntries(log, key, own, all)) ?? 0
}

/**
 * Takes back what was said in a session from the turn `first` on, because another message takes its place: as if it had never
 * been said, but for what tools have done and what it has cost. The runs themselves can be read on. Doing it twice is doing it once.
 */
export async function takeBack(conversation: Conversation, first: number): Promise<void> {
  const { log, key, state } = conversation
  const { turn, evictedTurn, resetTurn, takenBack } = state.own
  const from = Math.max(first, resetTurn + 1)
  if (countTurns(takenBack, { after: from - 1, upTo: turn }) === 0) return
  const taken = await readTurns(conversation, { after: from - 1, upTo: turn, limit: turn })
  const evicted = taken.filter((one) => one.turn <= evictedTurn)
  const range = { after: from - 1, upTo: evictedTurn, limit: evictedTurn }
  const inherited = await readInheritedEntries(log, key, state.own, range)
  const names = new Set(taken.flatMap(({ stateChanges }) => Object.keys(stateChanges)))
  state.takeBack(from, {
    evictedMessages: evicted.reduce((count, { messages }) => count + messages, countUserMessages(inherited)),
    state: await readStateBefore(conversation, { first: from, names }),
  })
}

interface ReadTurn {
  readonly turn: number
  /** Of the user. */
  readonly messages: number
  readonly stateChanges: SessionState
}

/** Turns as their logs tell them, newest first. */
async function readTurns(conversation: Conversation, range: TurnRange): Promise<readonly ReadTurn[]> {
  const runs = await findTurns(conversation, range)
  return forEachLimited(runs, logsAtATime, (summary) => readTurn(conversation, summary))
}

async function readTurn({ log, key }: Conversation, { run, turn }: RunSummary): Promise<ReadTurn> {
  const events = await log.read({ ...key, run })
  const ended = fold(events)
  const messages = countUserMessages(toTurnEntries(events, run, ended))
  return { turn, messages, stateChanges: ended.stateChanges }
}

/**
 * What providers kept before the turn `first`: of those in `names`, which have changed it since, what the last turn before
 * made of it. Where that cannot be known, because runs were deleted, it stays as it is.
 */
async function readStateBefore(
  conversation: Conversation,
  { first, names }: { readonly first: number; readonly names: ReadonlySet<string> },
): Promise<SessionState | undefined> {
  const { log, key, state } = conversation
  const { resetTurn, takenBack, inherited, state: now = {} } = state.own
  const range = { after: Math.max(resetTurn, inherited?.turns ?? 0), upTo: first - 1 }
  const { found, read } = await readChanges(conversation, { ...range, names })
  const isWhole = read === countTurns(takenBack, range)
  const begun = inherited === undefined ? undefined : await readInheritance(log, key, inherited)
  const before = isWhole ? { ...begun?.state, ...found } : { ...now, ...found }
  const isChanged = ([name]: readonly [string, unknown]) => names.has(name)
  const others = Object.entries(now).filter((entry) => !isChanged(entry))
  const kept = Object.fromEntries([...others, ...Object.entries(before).filter(isChanged)])
  return Object.keys(kept).length === 0 ? undefined : kept
}

/** The newest changes of what the named providers keep, and how many turns were read for that; all, unless all names were found before. */
async function readChanges(
  conversation: Conversation,
  {
    after,
    upTo,
    names,
  }: { readonly after: number; readonly upTo: number; readonly names: ReadonlySet<string> },
): Promise<{ readonly found: SessionState; readonly read: number }> {
  const found: Record<string, SessionState[string]> = {}
  let read = 0
  for (let next = upTo; Object.keys(found).length < names.size; ) {
    const turns = await readTurns(conversation, { after, upTo: next, limit: logsAtATime })
    const changes = turns.flatMap(({ stateChanges }) => Object.entries(stateChanges))
    for (const [name, value] of changes) if (names.has(name)) found[name] ??= value
    read += turns.length
    const last = turns.at(-1)
    if (last === undefined) break
    next = last.turn - 1
  }
  return { found, read }
}
