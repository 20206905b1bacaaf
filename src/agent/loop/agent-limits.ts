import type { AgentDefinition } from '../agent-definition.js'
import type { ExecutionLimits } from './run-context.js'

type AgentLimits = Pick<ExecutionLimits, 'maxSteps' | 'maxTokens' | 'tokensPerGrant' | 'stepTimeoutMs'>

/** How far a run of an agent may go; `sessionTokens` is what its session has spent before it, where it is one of the agent's own. */
export function toAgentLimits(agent: AgentDefinition, sessionTokens?: number): AgentLimits {
  const { maxSteps, stepTimeoutMs, maxTokensPerRun = Number.POSITIVE_INFINITY } = agent
  const sessionRest = toSessionRest(agent, sessionTokens)
  const asks = agent.onMaxTokens === 'ask'
  return {
    maxSteps,
    stepTimeoutMs,
    maxTokens: asks ? sessionRest : Math.min(maxTokensPerRun, sessionRest),
    // Said in any case: whoever works for another agent must not ask because that one would.
    tokensPerGrant: asks ? maxTokensPerRun : undefined,
  }
}

function toSessionRest({ maxTokensPerSession }: AgentDefinition, spent: number | undefined): number {
  if (maxTokensPerSession === undefined || spent === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, maxTokensPerSession - spent)
}
