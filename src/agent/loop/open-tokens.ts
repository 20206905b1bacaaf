import type { RunState } from '../../run/fold.js'
import type { AgentDefinition } from '../agent-definition.js'

/** The tokens of what a provider works on, or waits with, for a run: whoever ends the run cancels that. */
export function toOpenTokens({ client }: AgentDefinition, state: RunState): readonly string[] {
  const last = state.steps.at(-1)
  const isCalling = last !== undefined && last.calls.length > 0
  const waiting = isCalling ? client.toWaiting?.(last.message) : undefined
  return [state.continuation, waiting].filter((token) => token !== undefined)
}
