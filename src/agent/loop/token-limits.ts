import type { RunLimits } from '../../run/decide.js'
import type { AgentDefinition } from '../agent-definition.js'

/** How many tokens a run of an agent may spend; `sessionTokens` is what its session has spent before it, where it is one of the agent's own. */
export function toTokenLimits(
  agent: AgentDefinition,
  sessionTokens?: number,
): Pick<RunLimits, 'maxTokens' | 'tokensPerGrant'> {
  const { maxTokensPerRun, onMaxTokens } = agent
  const sessionRest = toSessionRest(agent, sessionTokens)
  if (onMaxTokens === 'ask') return { maxTokens: sessionRest, tokensPerGrant: maxTokensPerRun }
  return { maxTokens: Math.min(maxTokensPerRun ?? Number.POSITIVE_INFINITY, sessionRest) }
}

function toSessionRest({ maxTokensPerSession }: AgentDefinition, spent: number | undefined): number {
  if (maxTokensPerSession === undefined || spent === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, maxTokensPerSession - spent)
}
