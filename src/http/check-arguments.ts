import type { Agent } from '../agent/agent.js'
import { type AgentDefinition, toStaticTools } from '../agent/agent-definition.js'
import type { ApprovalRequested } from '../run/events.js'
import { createRequestError } from './request-errors.js'

/**
 * Passes arguments that a human gives in place of the model's. Tools that only a run finds check them when they are called.
 * @throws {AgentError} `invalid_request` naming the fields below `path`.
 */
export async function checkArguments(
  agent: Agent,
  { name, inner }: ApprovalRequested,
  args: unknown,
  path: string,
): Promise<void> {
  const owner = inner === undefined ? agent : findWorker(agent, inner.agent)
  const tool = toStaticTools(owner ?? agent).find((one) => one.name === name)
  const issues = (await tool?.check(args)) ?? []
  if (issues.length === 0) return
  throw createRequestError(issues.map((issue) => ({ path: `${path}.${issue.path}`, message: issue.message })))
}

/** An agent by name among those that work for `agent`, at any depth. */
function findWorker(agent: AgentDefinition, name: string): AgentDefinition | undefined {
  if (agent.name === name) return agent
  for (const { delegate } of toStaticTools(agent)) {
    const found = delegate === undefined ? undefined : findWorker(delegate.agent, name)
    if (found !== undefined) return found
  }
  return undefined
}
