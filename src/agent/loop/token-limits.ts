import type { RunLimits } from '../../run/decide.js'
import type { AgentDefinition } from '../agent-definition.js'

/** How many tokens a run of an agent may spend; `sessionRest` is what is left for its session, if that is limited. */
export function toTokenLimits(
  { maxTokensPerRun, onMaxTokens }: AgentDefinition,
  sessionRest = Number.POSITIVE_INFINITY,
): Pick<RunLimits, 'maxTokens' | 'tokensPerGrant'> {
  if (onMaxTokens === 'ask') return { maxTokens: sessionRest, tokensPerGrant: maxTokensPerRun }
  return { maxTokens: Math.min(maxTokensPerRun ?? Number.POSITIVE_INFINITY, sessionRest) }
}
