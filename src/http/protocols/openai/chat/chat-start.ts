import { noUsage, type Usage } from '../../../../core/messages.js'
import { fold } from '../../../../run/fold.js'
import type { TellingFrom } from '../../tell-run.js'

/** From where on a run is told: an answer ends where its run hands calls over to its caller, and their results begin the next. */
export interface ChatStart {
  /** How many steps were told before. */
  readonly steps: number
  /** What they have spent. */
  readonly usage: Usage
  /** The calls whose results began it: before the run has heard of them it waits for nobody. */
  readonly answered: readonly string[]
}

export const fromBeginning: ChatStart = { steps: 0, usage: noUsage, answered: [] }

/** The start of what follows when a run is answered. */
export function toChatStart({ told = [], answered = [] }: TellingFrom): ChatStart {
  const { steps, usage } = fold(told)
  return { steps: steps.length, usage, answered }
}
