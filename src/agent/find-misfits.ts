import type { Issue } from '../core/errors.js'
import type { ApprovalRequested } from '../run/events.js'
import { type AgentDefinition, toStaticTools } from './agent-definition.js'

/**
 * What of the arguments that a human gives in place of the model's does not fit their tool, below `path`. Tools that only a
 * run finds check theirs when they are called. Whoever grants a run more tokens decides nothing about the call itself.
 */
export async function findMisfits(
  agent: Pick<AgentDefinition, 'tools'>,
  { name: toolName, reason }: Pick<ApprovalRequested, 'name' | 'reason'>,
  args: unknown,
  path = 'arguments',
): Promise<readonly Issue[]> {
  if (reason === 'budget_exhausted')
    return [{ path, message: 'make no sense with a grant of tokens: the call is another question' }]
  const tool = toStaticTools(agent).find(({ name }) => name === toolName)
  const issues = (await tool?.check(args)) ?? []
  return issues.map((issue) => ({ ...issue, path: issue.path === '' ? path : `${path}.${issue.path}` }))
}
