import { type ChatMessage, type ChatRole, createTextMessage, noUsage } from '../../core/messages.js'
import type { AgentResponse } from '../../core/response.js'
import type { SessionState } from '../../run/events.js'
import { type Inheritance, toTurn } from './inheritance.js'
import {
  noOwnFields,
  type OwnFields,
  parseStoredState,
  type StoredEntry,
  type StoredState,
  schemaVersion,
} from './stored-state.js'
import { addStretch } from './taken-back.js'
import { toRequestEntry, toResponseEntry } from './turn-entries.js'
import { toTurns } from './turns.js'

/**
 * How large a stored session may grow, in characters of JSON. Azure Storage keeps up to 30,720 in a table row; the budget
 * is well below, because every operation reads and writes the whole state, while older turns cost nothing in the run logs.
 */
const defaultBudget = 8 * 1024

/**
 * A conversation as its entity holds it: the newest turns, and where older ones are. Fields written by other releases
 * or by the .NET and Python agents survive.
 */
export class AgentState {
  #stored: StoredState = toEmptyState()

  /** What was said and answered, oldest first; turns that did not fit are in the run logs. */
  get entries(): readonly StoredEntry[] {
    return this.#stored.data.conversationHistory
  }

  /** How many messages the user has sent since the last reset. */
  get messageCount(): number {
    return this.own.messageCount
  }

  /** What we keep beside the conversation. */
  get own(): OwnFields {
    return this.#stored.data.extensionData?.durableAgentFunctions ?? noOwnFields
  }

  /** Notes what the user said. `role` is there for the sake of conversations that begin otherwise. */
  addUserMessage(content: string | ChatMessage, correlationId: string, role: ChatRole = 'user'): void {
    const message = typeof content === 'string' ? createTextMessage(role, content) : content
    this.#append([toRequestEntry([message], correlationId, new Date().toISOString())])
  }

  /** Notes what the agent answered: `response.messages`, or `content` when the response has none. */
  addAssistantMessage(
    content: string,
    {
      messages: given,
      usage = noUsage,
      responseId,
    }: Pick<AgentResponse, 'messages' | 'responseId'> & Partial<Pick<AgentResponse, 'usage'>>,
  ): void {
    const messages = given.length > 0 ? given : [createTextMessage('assistant', content)]
    this.#append([toResponseEntry({ messages, usage, responseId }, new Date().toISOString())])
  }

  /** Adds an ended run, and lets the oldest turns go when the state grows over its budget (characters of JSON). */
  addTurn(turn: number, entries: readonly StoredEntry[], budget = defaultBudget): void {
    this.#append(entries)
    this.change({ turn: Math.max(turn, this.own.turn) })
    this.#evict(budget)
  }

  /** Begins with the turns of another session, which `from` has. What they have cost is that one's. */
  inherit(
    { turns, state, summary }: Inheritance,
    from: { readonly run: string; readonly digest: string },
  ): void {
    this.#append(turns.flatMap((entries, index) => toTurn(entries, index + 1)))
    const turn = turns.length
    this.change({ turn, tokens: 0, state, summary, inherited: { ...from, turns: turn } })
    this.#evict(defaultBudget)
  }

  /** Replaces some of what we keep beside the conversation. */
  change(fields: Partial<OwnFields>): void {
    const { data } = this.#stored
    const own = { ...this.own, ...fields }
    this.#stored = {
      ...this.#stored,
      schemaVersion,
      data: { ...data, extensionData: { ...data.extensionData, durableAgentFunctions: own } },
    }
  }

  /** Takes in what providers keep in the session now. */
  keep(changes: SessionState): void {
    if (Object.keys(changes).length > 0) this.change({ state: { ...this.own.state, ...changes } })
  }

  /** The state as JSON, to be stored. It is not to be changed: use the methods here. */
  getState(): StoredState {
    return this.#stored
  }

  /** Takes up what {@link getState} gave, also by an older release. @throws {AgentError} `unsupported_state`; this state is then unchanged. */
  restoreState(state: unknown): void {
    this.#stored = parseStoredState(state)
    this.#countIfUncounted()
  }

  /** Whether this is the state of that session, not of one that had its name before and was deleted. */
  isOf(session: { readonly createdAt: number } | undefined): boolean {
    const { createdAt } = this.own
    return createdAt === undefined || session === undefined || session.createdAt === createdAt
  }

  /** Whether there is a summary, and it is not of turns that were cleared after it had been made. */
  remembers<Summary extends { readonly upToTurn: number }>(summary: Summary | undefined): summary is Summary {
    return summary !== undefined && summary.upToTurn > this.own.resetTurn
  }

  /** Forgets the conversation; who owns it and which turns are done stays known. */
  reset(): void {
    const { turn } = this.own
    this.#setEntries([])
    this.change({
      messageCount: 0,
      evictedTurn: turn,
      resetTurn: turn,
      inherited: undefined,
      takenBack: undefined,
      summary: undefined,
      state: undefined,
    })
  }

  /**
   * Takes the turns from `first` on back, and with them what somebody else has written since. `evictedMessages` says how many
   * messages of the user are in those of them that have left this state, `state` what providers kept before them.
   */
  takeBack(
    first: number,
    {
      evictedMessages,
      state,
    }: { readonly evictedMessages: number; readonly state: SessionState | undefined },
  ): void {
    const { turn, evictedTurn, summary } = this.own
    const kept = this.#entriesBefore(first)
    const gone = evictedMessages + countUserMessages(this.entries.slice(kept.length))
    this.#setEntries(kept)
    this.change({
      takenBack: addStretch(this.own.takenBack, [first, turn]),
      messageCount: Math.max(0, this.messageCount - gone),
      evictedTurn: Math.min(evictedTurn, first - 1),
      summary: summary === undefined || summary.upToTurn < first ? summary : undefined,
      state,
    })
  }

  #entriesBefore(first: number): readonly StoredEntry[] {
    const turns = toTurns(this.entries)
    const end = turns.findIndex(({ turn }) => turn >= first)
    return turns.slice(0, end === -1 ? turns.length : end).flatMap(({ entries }) => entries)
  }

  #append(entries: readonly StoredEntry[]): void {
    this.change({
      messageCount: this.messageCount + countUserMessages(entries),
      tokens: this.own.tokens + countTokens(entries),
    })
    this.#setEntries([...this.entries, ...entries])
  }

  #setEntries(conversationHistory: readonly StoredEntry[]): void {
    this.#stored = {
      ...this.#stored,
      data: { ...this.#stored.data, conversationHistory: [...conversationHistory] },
    }
  }

  /** Whole turns leave, and only those that a run log has: what somebody else wrote stays, and what follows it. */
  #evict(budget: number): void {
    const kept = JSON.stringify(this.own.state ?? {}).length
    let size = JSON.stringify(this.#stored).length - kept
    if (size <= budget) return
    let evictedTurn = this.own.evictedTurn
    const turns = [...toTurns(this.entries)]
    while (size > budget && turns[0] !== undefined && turns[0].turn > 0) {
      evictedTurn = Math.max(evictedTurn, turns[0].turn)
      size -= JSON.stringify(turns[0].entries).length
      turns.shift()
    }
    if (evictedTurn === this.own.evictedTurn) return
    this.#setEntries(turns.flatMap(({ entries }) => entries))
    this.change({ evictedTurn })
  }

  /** States of the .NET and Python agents do not carry our count. */
  #countIfUncounted(): void {
    if (this.#stored.data.extensionData?.durableAgentFunctions !== undefined) return
    this.change({ messageCount: countUserMessages(this.entries) })
  }
}

function toEmptyState(): StoredState {
  return { schemaVersion, data: { conversationHistory: [] } }
}

function countTokens(entries: readonly StoredEntry[]): number {
  return entries.reduce((tokens, { usage }) => tokens + (usage?.totalTokenCount ?? 0), 0)
}

/** How many messages of the user entries hold. */
export function countUserMessages(entries: readonly StoredEntry[]): number {
  const requests = entries.filter(({ $type }) => $type === 'request')
  return requests.flatMap(({ messages }) => messages).filter(({ role }) => role === 'user').length
}
