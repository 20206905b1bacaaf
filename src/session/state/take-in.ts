import type { StoredEvent } from '../../run/events.js'
import type { RunState } from '../../run/fold.js'
import type { Conversation } from './conversation.js'
import { inherit } from './inherit.js'
import { takeBack } from './take-back.js'
import { toTurnEntries } from './turn-entries.js'

/** A run that has ended, by what is written of it. */
export interface EndedRun {
  readonly run: string
  readonly turn: number
  readonly events: readonly StoredEvent[]
  /** The same, folded. */
  readonly ended: RunState
}

/** Adds an ended run to the state of its session, with all that came of it for the conversation; nothing when it joined another run. */
export async function takeIn(
  conversation: Conversation,
  { run, turn, events, ended }: EndedRun,
): Promise<void> {
  const entries = toTurnEntries(events, run, ended)
  if (entries.length === 0) return
  const { summary, stateChanges, replacesTurn } = ended
  const { state } = conversation
  await inherit(conversation, run, events)
  if (replacesTurn !== undefined) await takeBack(conversation, replacesTurn)
  if (state.remembers(summary)) state.change({ summary: { upToTurn: summary.upToTurn, text: summary.text } })
  state.keep(stateChanges)
  state.addTurn(turn, entries)
}
