import type { Agent } from '../agent/agent.js'
import { type AgentDefinition, toStaticTools } from '../agent/agent-definition.js'
import type { ApprovalRequested } from '../run/events.js'
import { createRequestError } from './request-errors.js'

/**
 * Passes when the arguments that a human gives in place of the model's fit the tool. Tools that only a run finds check
 * theirs when they are called. @throws {AgentError} `invalid_request` naming the arguments below `path`.
 */
export async function checkEditedArguments(
  agent: Agent,
  { name, inner }: ApprovalRequested,
  args: unknown,
  path = 'arguments',
): Promise<void> {
  const owner = inner === undefined ? agent : findAgent(agent, inner.agent)
  const tool = toStaticTools(owner ?? agent).find((one) => one.name === name)
  const issues = (await tool?.check(args)) ?? []
  if (issues.length === 0) return
  throw createRequestError(issues.map((issue) => ({ ...issue, path: `${path}.${issue.path}` })))
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
