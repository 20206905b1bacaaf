import { z } from 'zod'
import type { AgentDefinition, Tool } from './agent-definition.js'
import { type ToolOptions, tool } from './tool.js'

const query = z.object({
  query: z.string().describe('What the agent is asked, with everything it has to know.'),
})

export interface AgentToolOptions {
  /** What the model calls it. @default the agent's name */
  readonly name?: string
  /** When to use it, for the model. @default the agent's description */
  readonly description?: string
  /** Whether a human has to agree before the agent is asked. @default 'never' */
  readonly approval?: ToolOptions<typeof query, unknown>['approval']
}

/** An agent as a tool of another one. Its run is journalled beside the run that asks, so it is resumed with it, and its approvals are that run's. */
export function createAgentTool(
  agent: AgentDefinition & { readonly description: string | undefined },
  {
    name = agent.name,
    description = agent.description ?? `Asks the agent ${agent.name}.`,
    approval,
  }: AgentToolOptions,
): Tool {
  const base = tool({
    name,
    description,
    parameters: query,
    idempotent: true,
    execute: () => undefined,
    ...(approval === undefined ? {} : { approval }),
  })
  return { ...base, delegate: { agent, toMessage: (args) => query.parse(args).query } }
}
