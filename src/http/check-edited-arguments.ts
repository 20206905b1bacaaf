import type { Agent } from '../agent/agent.js'
import { type AgentDefinition, toStaticTools } from '../agent/agent-definition.js'
import { findMisfits } from '../agent/find-misfits.js'
import type { ApprovalRequested } from '../run/events.js'
import { createRequestError } from './request-errors.js'

/**
 * Passes when the arguments that a human gives in place of the model's fit the tool, as {@link findMisfits} tells. @throws {AgentError} `invalid_request` naming the arguments below `path`.
 */
export async function checkEditedArguments(
  agent: Agent,
  approval: ApprovalRequested,
  args: unknown,
  path = 'arguments',
): Promise<void> {
  const { inner } = approval
  const owner = inner === undefined ? agent : findAgent(agent, inner.agent)
  const issues = await findMisfits(owner ?? agent, approval, args, path)
  if (issues.length > 0) throw createRequestError(issues)
}

/** An agent by name among those that work for `agent`, at any depth. */
function findAgent(agent: AgentDefinition, name: string): AgentDefinition | undefined {
  if (agent.name === name) return agent
  for (const { delegate } of toStaticTools(agent)) {
    const found = delegate === undefined ? undefined : findAgent(delegate.agent, name)
    if (found !== undefined) return found
  }
  return undefined
}
