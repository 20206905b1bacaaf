import type { StoredEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import type { AgentState } from './agent-state.js'
import { inherit } from './inherit.js'
import { takeBack } from './take-back.js'
import { toTurnEntries } from './turn-entries.js'

/** A run that has ended, by what is written of it. */
export interface EndedRun {
  readonly turn: number
  readonly events: readonly StoredEvent[]
  /** The same, folded. */
  readonly ended: RunState
}

/** Adds an ended run to the state of its session, with all that came of it for the conversation; nothing when it joined another run. */
export async function takeIn(
  log: RunLog,
  key: RunKey,
  state: AgentState,
  { turn, events, ended }: EndedRun,
): Promise<void> {
  const entries = toTurnEntries(events, key.run, ended)
  if (entries.length === 0) return
  const { summary, stateChanges, replacesTurn } = ended
  await inherit(log, key, state, events)
  if (replacesTurn !== undefined) await takeBack(log, key, state, replacesTurn)
  if (state.remembers(summary)) state.change({ summary: { upToTurn: summary.upToTurn, text: summary.text } })
  state.keep(stateChanges)
  state.addTurn(turn, entries)
}
