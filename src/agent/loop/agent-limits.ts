import type { AgentDefinition } from '../agent-definition.js'
import type { ExecutionLimits } from './run-context.js'

/** What an agent's own options say of its limits. */
type AgentLimits = Pick<ExecutionLimits, 'maxSteps' | 'maxTokens' | 'tokensPerGrant' | 'stepTimeoutMs'>

/** How far a run of an agent may go; `sessionTokens` is what its session has spent before it, where it is one of the agent's own. */
export function toAgentLimits(agent: AgentDefinition, sessionTokens?: number): AgentLimits {
  const { maxSteps, stepTimeoutMs, maxTokensPerRun, onMaxTokens } = agent
  const sessionRest = toSessionRest(agent, sessionTokens)
  if (onMaxTokens === 'ask')
    return { maxSteps, stepTimeoutMs, maxTokens: sessionRest, tokensPerGrant: maxTokensPerRun }
  const maxTokens = Math.min(maxTokensPerRun ?? Number.POSITIVE_INFINITY, sessionRest)
  return { maxSteps, stepTimeoutMs, maxTokens }
}

function toSessionRest({ maxTokensPerSession }: AgentDefinition, spent: number | undefined): number {
  if (maxTokensPerSession === undefined || spent === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, maxTokensPerSession - spent)
}
