import { z } from 'zod'
import type { Tool } from '../agent-definition.js'
import { tool } from '../tools/tool.js'

/** What an agent elsewhere wants to do, and asks a human about. */
export const confirmation = z.object({
  approvalId: z.string(),
  agent: z.string(),
  tool: z.string(),
  arguments: z.unknown().optional(),
  question: z.string(),
})

export type Confirmation = z.infer<typeof confirmation>

/** What the calls are named by which an agent's question becomes an approval of ours. */
export const confirmationName = 'confirm_remote_call'

/** Asks a human on behalf of an agent elsewhere; gives the arguments that the human has agreed to. */
export function createConfirmationTool(agent: string): Tool {
  return tool({
    name: confirmationName,
    description: `Asks a human whether the agent ${agent} may call a tool of its own.`,
    parameters: confirmation,
    idempotent: true,
    approval: 'always',
    execute: ({ arguments: agreed }) => ({ arguments: agreed ?? null }),
  })
}
