import { z } from 'zod'
import { checkFlag, checkFunction, checkOptions, type OptionNames } from '../../core/check-options.js'
import type { AgentResponseUpdate } from '../../core/response.js'
import type { AgentDefinition, Tool } from '../agent-definition.js'
import { tool } from './tool.js'
import type { ToolContext } from './tool-context.js'
import type { ToolOptions } from './tool-options.js'

const query = z.object({
  query: z.string().describe('What the agent is asked, with everything it has to know.'),
})

export interface AgentToolOptions {
  /** What the model calls it. @default the agent's name */
  readonly name?: string | undefined
  /** When to use it, for the model. @default the agent's description */
  readonly description?: string | undefined
  /** Whether a human has to agree before the agent is asked. @default as for any tool that is not `readOnly` */
  readonly approval?: ToolOptions<typeof query, unknown>['approval'] | undefined
  /** Whether strangers have a say in what it answers. @default whether one of its tools, servers of tools or context providers is `untrusted` */
  readonly untrusted?: boolean | undefined
  /** Whether the agent knows the conversation in which it is asked, and its context providers keep their state in that session. @default false: it knows the question alone */
  readonly propagateSession?: boolean | undefined
  /** Told what the agent says while it works. After a crash, steps that had not been recorded are told again. A throw is reported and changes nothing. */
  readonly onUpdate?: ((update: AgentResponseUpdate, context: ToolContext) => void) | undefined
}

const agentToolOptions: OptionNames<AgentToolOptions> = {
  name: true,
  description: true,
  approval: true,
  untrusted: true,
  propagateSession: true,
  onUpdate: true,
}

/** An agent as a tool of another one. Its run is journalled beside the run that asks, so it is resumed with it, and its approvals are that run's. */
export function createAgentTool(
  agent: AgentDefinition & { readonly description: string | undefined },
  options: AgentToolOptions,
): Tool {
  const what = `asTool of agent "${agent.name}"`
  checkOptions(what, options, agentToolOptions)
  checkFlag(`propagateSession of ${what}`, options.propagateSession)
  checkFunction(`onUpdate of ${what}`, options.onUpdate)
  const { name = agent.name, description = agent.description ?? `Asks the agent ${agent.name}.` } = options
  const { propagateSession = false, onUpdate, approval } = options
  const { untrusted = [...agent.tools, ...agent.contextProviders].some((part) => part.untrusted) } = options
  const base = tool({
    name,
    description,
    parameters: query,
    idempotent: true,
    untrusted,
    approval,
    execute: () => undefined,
  })
  const toMessage = (args: unknown) => query.parse(args).query
  return { ...base, delegate: { agent, propagateSession, onUpdate, toMessage } }
}
