import type { HistoryTurn } from '../../agent/providers/compaction.js'
import { forEachLimited } from '../../core/for-each-limited.js'
import type { RunLog, RunSummary, SessionKey } from '../../run/run-log.js'
import { logsAtATime } from '../logs-at-a-time.js'
import type { AgentState } from './agent-state.js'
import type { Conversation } from './conversation.js'
import { readInheritedEntries } from './inheritance.js'
import { toModelMessages } from './stored-messages.js'
import type { StoredEntry } from './stored-state.js'
import { isTakenBack } from './taken-back.js'
import { toTurnEntries } from './turn-entries.js'
import { type TurnRange, toTurns } from './turns.js'

/** The entries of turns that count, oldest first, from the run logs and from what the session has inherited. */
export async function readOlderEntries(
  conversation: Conversation,
  range: TurnRange,
): Promise<readonly StoredEntry[]> {
  const { log, key, state } = conversation
  const runs = await findTurns(conversation, range)
  const entries = await forEachLimited(runs.toReversed(), logsAtATime, async ({ run }) =>
    toTurnEntries(await log.read({ ...key, run }), run),
  )
  const inherited = await readInheritedEntries(log, key, state.own, {
    ...range,
    limit: range.limit - runs.length,
  })
  return [...inherited, ...entries.flat()]
}

/** The ended runs of turns that count, newest first. */
export async function findTurns(
  { log, key, state }: Conversation,
  { upTo, after, limit }: TurnRange,
): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = []
  let next = upTo
  while (found.length < limit && next > after) {
    const missing = limit - found.length
    const runs = await log.runsUpTo(key, next, missing)
    found.push(...runs.filter(({ turn }) => turn > after && !isTakenBack(state.own.takenBack, turn)))
    if (runs.length < missing) break
    next = (runs.at(-1)?.turn ?? 0) - 1
  }
  return found
}

interface CachedHistory {
  readonly turn: number
  readonly turns: readonly HistoryTurn[]
  /** Of the turns as JSON. */
  readonly characters: number
}

/** So many sessions are remembered. */
const maxSessions = 256

/**
 * The turns of a session. The newest come from its state, older ones from the run logs, but only as far back as they are
 * wanted; sessions that were just used are remembered, so that a long conversation is not read again at each turn.
 */
export class SessionHistory {
  readonly #log: RunLog
  readonly #maxCharacters: number
  readonly #cache = new Map<string, CachedHistory>()
  readonly #sizes = new WeakMap<HistoryTurn, number>()
  #characters = 0

  /** `maxCharacters` of JSON are remembered of all sessions together. */
  constructor(log: RunLog, maxCharacters = 16 * 1024 ** 2) {
    this.#log = log
    this.#maxCharacters = maxCharacters
  }

  /** The turns after `after`, at most the newest `maxTurns`, oldest first. */
  async read(
    key: SessionKey,
    state: AgentState,
    { after, maxTurns }: { readonly after: number; readonly maxTurns: number | undefined },
  ): Promise<readonly HistoryTurn[]> {
    const { turn, evictedTurn, resetTurn, takenBack } = state.own
    const recent = toHistoryTurns(state.entries)
    const missing = maxTurns === undefined ? evictedTurn : Math.min(evictedTurn, maxTurns - recent.length)
    const from = Math.max(after, resetTurn)
    if (evictedTurn <= from || missing <= 0) return recent.filter((one) => one.turn === 0 || one.turn > from)
    const name = [key.agent, key.session, state.own.createdAt, takenBack?.at(-1), from, maxTurns].join('\n')
    const cached = this.#cache.get(name)
    if (cached?.turn === turn) return cached.turns
    const known = cached !== undefined && cached.turn < turn ? cached : { turn: from, turns: [] }
    // A turn may leave the state as soon as it has come, when it is large: then nothing but its log has it.
    const range = {
      upTo: evictedTurn,
      after: known.turn,
      limit: Math.min(missing, evictedTurn - known.turn),
    }
    const conversation = { log: this.#log, key, state }
    const left = evictedTurn > known.turn ? toHistoryTurns(await readOlderEntries(conversation, range)) : []
    const older = [...known.turns.filter((one) => one.turn > 0 && one.turn <= evictedTurn), ...left]
    const all = [...older, ...recent]
    const turns = maxTurns === undefined ? all : all.slice(-maxTurns)
    this.#remember(name, { turn, turns, characters: this.#count(turns) })
    return turns
  }

  /** Each turn is counted once: a long conversation costs no more than what is new of it. */
  #count(turns: readonly HistoryTurn[]): number {
    let characters = 0
    for (const turn of turns) {
      const known = this.#sizes.get(turn) ?? JSON.stringify(turn).length
      this.#sizes.set(turn, known)
      characters += known
    }
    return characters
  }

  #remember(name: string, history: CachedHistory): void {
    this.#forget(name)
    this.#cache.set(name, history)
    this.#characters += history.characters
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= maxSessions && this.#characters <= this.#maxCharacters) return
      this.#forget(oldest)
    }
  }

  #forget(name: string): void {
    this.#characters -= this.#cache.get(name)?.characters ?? 0
    this.#cache.delete(name)
  }
}

function toHistoryTurns(entries: readonly StoredEntry[]): readonly HistoryTurn[] {
  return toTurns(entries).map(({ turn, entries: own }) => ({ turn, messages: toModelMessages(own) }))
}
