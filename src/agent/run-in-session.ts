import { checkList } from '../core/check-options.js'
import { systemClock } from '../core/clock.js'
import { toCanonicalJson } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'
import { raceAbort } from '../core/race-abort.js'
import type { AgentResponse } from '../core/response.js'
import type { RunEvent } from '../run/events.js'
import type { AgentSession } from './agent-session.js'
import { compactTurns } from './providers/compact-turns.js'
import { type HistoryTurn, toHistory } from './providers/compaction.js'
import type { HistoryProvider } from './providers/history-provider.js'
import { runStandalone, type StandaloneRun } from './run-standalone.js'

/** Runs an agent in memory as the next turn of a session. A run that fails adds nothing to the conversation. */
export function runInSession<Value>(
  session: AgentSession,
  history: HistoryProvider,
  run: Omit<StandaloneRun<Value>, 'history'>,
): Promise<AgentResponse<Value | undefined>> {
  const { agent, signal, onError } = run
  return session.afterOthers(async () => {
    const past = await raceAbort(history.load(session), signal)
    checkList(`What load of the history of agent "${agent.name}" gives`, past)
    const { upToTurn = 0, text: known } = session.summary ?? {}
    const unsummarized = toTurns(past).filter(({ turn }) => turn > upToTurn)
    const { turns, summarized } = await compactTurns(agent.compaction, unsummarized, {
      known,
      signal,
      timeoutMs: agent.stepTimeoutMs,
      clock: systemClock,
      onError,
    })
    if (summarized !== undefined) session.summary = { upToTurn: summarized.upToTurn, text: summarized.text }
    const response = await runStandalone({
      ...run,
      history: toHistory(session.summary?.text, turns),
      sessionId: session.id,
      sessionState: session.state,
      sessionTokens: session.tokens,
      summarized,
      isTaken: run.continuationToken === undefined ? undefined : (message) => includes(past, [message]),
      messageCount: past.filter(({ role }) => role === 'user').length,
      onEvent: (event) => {
        keepState(session, event)
        session.tokens += countTokens(event)
        run.onEvent(event)
      },
    })
    const added = [...run.request.messages, ...response.messages]
    if (run.continuationToken === undefined || !includes(past, added)) await history.append(session, added)
    return response
  }, signal)
}

/** Whether a conversation has these messages already, in a row: the same background answer may be come back for more than once. */
function includes(past: readonly ChatMessage[], messages: readonly ChatMessage[]): boolean {
  const sought = toCanonicalJson(messages)
  const isThere = (start: number) => toCanonicalJson(past.slice(start, start + messages.length)) === sought
  return messages.length === 0 || past.some((_, start) => isThere(start))
}

function keepState(session: AgentSession, event: RunEvent): void {
  if (event.type === 'state.changed') Object.assign(session.state, structuredClone(event.data.state))
}

/** What an event says that was spent. */
function countTokens({ type, data }: RunEvent): number {
  const isCost = type === 'step.completed' || type === 'tool.completed' || type === 'history.summarized'
  return isCost ? (data.usage?.totalTokens ?? 0) : 0
}

/** A turn begins when the user speaks after somebody else has. */
function toTurns(messages: readonly ChatMessage[]): readonly HistoryTurn[] {
  const turns: { turn: number; messages: ChatMessage[] }[] = []
  for (const [index, message] of messages.entries()) {
    const last = turns.at(-1)
    const begins = message.role === 'user' && messages[index - 1]?.role !== 'user'
    if (last === undefined || begins) turns.push({ turn: turns.length + 1, messages: [message] })
    else last.messages.push(message)
  }
  return turns
}
