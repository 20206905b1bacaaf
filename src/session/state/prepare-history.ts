import type { AgentDefinition } from '../../agent/agent-definition.js'
import { type HistoryTurn, type Summarizer, splitTurns, toHistory } from '../../agent/providers/compaction.js'
import type { Clock } from '../../core/clock.js'
import type { ChatMessage } from '../../core/messages.js'
import { WorkLimit } from '../../core/work-limit.js'
import type { RunJournal } from '../../run/run-journal.js'
import type { SessionKey } from '../../run/run-log.js'
import type { AgentState } from './agent-state.js'
import type { SessionHistory } from './session-history.js'

export interface HistoryRequest {
  readonly agent: AgentDefinition
  readonly key: SessionKey
  readonly state: AgentState
  readonly history: SessionHistory
  readonly journal: RunJournal
  /** By then older turns have to be summarised; ms since 1970. */
  readonly until: number
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** What the model is shown of the conversation before a run: as much as the agent's compaction strategy wants. */
export async function prepareHistory(request: HistoryRequest): Promise<readonly ChatMessage[]> {
  const { agent, key, state, history, journal } = request
  const { compaction } = agent
  const known = [journal.state.summary, state.own.summary].find((one) => state.remembers(one))
  const range = { after: known?.upToTurn ?? 0, maxTurns: compaction.maxTurns }
  const turns = compaction.select(await history.read(key, state, range))
  const { summarizer } = compaction
  if (summarizer === undefined || turns.length <= summarizer.keepTurns + summarizer.everyTurns) {
    return toHistory(known?.text, turns)
  }
  return summarizeOlder(request, summarizer, turns, known?.text)
}

/** Boils the older turns down and journals it, so that it is not paid for again. If that fails, or takes longer than a step may, they are shown as they are. */
async function summarizeOlder(
  { agent, journal, until, clock, onError }: HistoryRequest,
  summarizer: Summarizer,
  turns: readonly HistoryTurn[],
  previous: string | undefined,
): Promise<readonly ChatMessage[]> {
  const { older, newest } = splitTurns(turns, summarizer.keepTurns)
  const upToTurn = older.at(-1)?.turn ?? 0
  const limitMs = Math.max(1, Math.min(agent.stepTimeoutMs ?? Number.POSITIVE_INFINITY, until - clock.now()))
  const limit = new WorkLimit([journal.broken], limitMs, clock)
  try {
    const { text, usage } = await summarizer.summarize(older, previous, limit.signal)
    journal.record({ type: 'history.summarized', data: { upToTurn, text, usage } })
    await journal.flush()
    return toHistory(text, newest)
  } catch (error) {
    journal.broken.throwIfAborted()
    onError(error)
    return toHistory(previous, turns)
  } finally {
    limit.end()
  }
}
