import { checkList } from '../core/check-options.js'
import { systemClock } from '../core/clock.js'
import { toCanonicalJson } from '../core/json.js'
import type { ChatMessage } from '../core/messages.js'
import { raceAbort } from '../core/race-abort.js'
import type { AgentResponse } from '../core/response.js'
import { WorkLimit } from '../core/work-limit.js'
import type { HistorySummarized, RunEvent } from '../run/events.js'
import type { AgentSession } from './agent-session.js'
import { type HistoryTurn, splitTurns, toHistory } from './providers/compaction.js'
import type { HistoryProvider } from './providers/history-provider.js'
import { runStandalone, type StandaloneRun } from './run-standalone.js'

/** Runs an agent in memory as the next turn of a session. A run that fails adds nothing to the conversation. */
export function runInSession<Value>(
  session: AgentSession,
  history: HistoryProvider,
  run: Omit<StandaloneRun<Value>, 'history'>,
): Promise<AgentResponse<Value | undefined>> {
  const { signal = new AbortController().signal } = run
  return session.afterOthers(async () => {
    const past = await raceAbort(history.load(session), signal)
    checkList(`What load of the history of agent "${run.agent.name}" gives`, past)
    const { turns, summarized } = await compact(run, past, session.summary)
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

/** The turns to show as they are, after those that are summarised: all of them, if that fails or takes longer than a step may. */
async function compact(
  { agent, signal, onError }: Pick<StandaloneRun<unknown>, 'agent' | 'signal' | 'onError'>,
  past: readonly ChatMessage[],
  known: AgentSession['summary'],
): Promise<{ readonly turns: readonly HistoryTurn[]; readonly summarized?: HistorySummarized }> {
  const { compaction } = agent
  const { summarizer } = compaction
  const turns = compaction.select(toTurns(past).filter(({ turn }) => turn > (known?.upToTurn ?? 0)))
  if (summarizer === undefined || turns.length <= summarizer.keepTurns + summarizer.everyTurns)
    return { turns }
  const { older, newest } = splitTurns(turns, summarizer.keepTurns)
  const limit = new WorkLimit(signal === undefined ? [] : [signal], agent.stepTimeoutMs, systemClock)
  try {
    const summary = await summarizer.summarize(older, known?.text, limit.signal)
    return { turns: newest, summarized: { ...summary, upToTurn: older.at(-1)?.turn ?? 0 } }
  } catch (error) {
    signal?.throwIfAborted()
    onError(error)
    return { turns }
  } finally {
    limit.end()
  }
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
