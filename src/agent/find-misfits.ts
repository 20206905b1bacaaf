import type { Issue } from '../core/errors.js'
import { type AgentDefinition, toStaticTools } from './agent-definition.js'

/**
 * What of the arguments that a human gives in place of the model's does not fit their tool, below `path`. Tools that only a
 * run finds check theirs when they are called.
 */
export async function findMisfits(
  agent: Pick<AgentDefinition, 'tools'>,
  toolName: string,
  args: unknown,
  path = 'arguments',
): Promise<readonly Issue[]> {
  const tool = toStaticTools(agent).find(({ name }) => name === toolName)
  const issues = (await tool?.check(args)) ?? []
  return issues.map((issue) => ({ ...issue, path: issue.path === '' ? path : `${path}.${issue.path}` }))
}
