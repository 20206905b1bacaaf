import type { AgentDefinition } from '../../agent/agent-definition.js'
import { compactTurns } from '../../agent/providers/compact-turns.js'
import { toHistory } from '../../agent/providers/compaction.js'
import type { Clock } from '../../core/clock.js'
import type { ChatMessage } from '../../core/messages.js'
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

/**
 * What the model is shown of the conversation before a run: as much as the agent's compaction strategy wants. What older turns
 * are boiled down to is journalled, so that it is not paid for again.
 */
export async function prepareHistory(request: HistoryRequest): Promise<readonly ChatMessage[]> {
  const { agent, key, state, history, journal, until, clock, onError } = request
  const { compaction, stepTimeoutMs = Number.POSITIVE_INFINITY } = agent
  const known = [journal.state.summary, state.own.summary].find((one) => state.remembers(one))
  const range = { after: known?.upToTurn ?? 0, maxTurns: compaction.maxTurns }
  const { turns, summarized } = await compactTurns(compaction, await history.read(key, state, range), {
    known: known?.text,
    signal: journal.broken,
    timeoutMs: Math.max(1, Math.min(stepTimeoutMs, until - clock.now())),
    clock,
    onError,
  })
  if (summarized !== undefined) {
    journal.record({ type: 'history.summarized', data: summarized })
    await journal.flush()
  }
  return toHistory(summarized?.text ?? known?.text, turns)
}
