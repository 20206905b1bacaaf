import type { ChatMessage } from '../core/messages.js'
import type { RunLog, SessionKey } from '../run/run-log.js'
import type { AgentState } from './agent-state.js'
import { toModelMessages } from './stored-messages.js'
import type { StoredEntry } from './stored-state.js'
import { toTurnEntries } from './turn-entries.js'

/** The entries of one run, from its log. */
export async function readTurnEntries(
  log: RunLog,
  key: SessionKey,
  run: string,
): Promise<readonly StoredEntry[]> {
  return toTurnEntries(await log.read({ ...key, run }), run)
}

/** The newest `limit` turns up to `turn` that are still part of the conversation, oldest first, from the run logs. */
export async function readOlderEntries(
  log: RunLog,
  key: SessionKey,
  range: { readonly upTo: number; readonly after: number; readonly limit: number },
): Promise<readonly StoredEntry[]> {
  const runs = await log.runsUpTo(key, range.upTo, range.limit)
  const kept = runs.filter(({ turn }) => turn > range.after).reverse()
  const entries = await Promise.all(kept.map(({ run }) => readTurnEntries(log, key, run)))
  return entries.flat()
}

interface CachedHistory {
  readonly turn: number
  readonly messages: readonly ChatMessage[]
}

/**
 * What the model has to be shown of a session's past. The newest turns come from the state, older ones from the run logs;
 * sessions that were just used are remembered, so that a long conversation is not read again at each turn.
 */
export class SessionHistory {
  readonly #log: RunLog
  readonly #maxSessions: number
  readonly #cache = new Map<string, CachedHistory>()

  constructor(log: RunLog, maxSessions = 256) {
    this.#log = log
    this.#maxSessions = maxSessions
  }

  /** The conversation before the next turn, oldest first. */
  async read(key: SessionKey, state: AgentState): Promise<readonly ChatMessage[]> {
    const { turn, evictedTurn, resetTurn } = state.own
    if (evictedTurn === resetTurn) return toModelMessages(state.entries)
    const name = toCacheName(key, resetTurn)
    const cached = this.#cache.get(name)
    if (cached?.turn === turn) return cached.messages
    const older = await readOlderEntries(this.#log, key, {
      upTo: evictedTurn,
      after: resetTurn,
      limit: evictedTurn,
    })
    const messages = [...toModelMessages(older), ...toModelMessages(state.entries)]
    this.#remember(name, { turn, messages })
    return messages
  }

  /** Takes note of a turn that was added to a state whose history was read before. */
  add(
    key: SessionKey,
    state: AgentState,
    history: readonly ChatMessage[],
    entries: readonly StoredEntry[],
  ): void {
    const { turn, evictedTurn, resetTurn } = state.own
    if (evictedTurn === resetTurn) return
    this.#remember(toCacheName(key, resetTurn), { turn, messages: [...history, ...toModelMessages(entries)] })
  }

  #remember(name: string, history: CachedHistory): void {
    this.#cache.delete(name)
    this.#cache.set(name, history)
    const oldest = this.#cache.keys().next().value
    if (this.#cache.size > this.#maxSessions && oldest !== undefined) this.#cache.delete(oldest)
  }
}

function toCacheName({ agent, session }: SessionKey, resetTurn: number): string {
  return `${agent}\n${session}\n${resetTurn}`
}
