import { z } from 'zod'
import { AgentError } from '../../core/errors.js'
import { parseJson } from '../../core/json.js'

const taskToken = z.object({
  /** The id of the message that the task is to answer. */
  messageId: z.string(),
  /** The task, when it is known; before that nobody knows whether the message has arrived. */
  taskId: z.string().optional(),
  /** Whether the message is known not to have arrived. */
  isUnsent: z.literal(true).optional(),
  /** Since when the agent is out of reach; ms since 1970. */
  unreachableSince: z.number().optional(),
})

/** How far an answer is that an agent elsewhere makes: what is recorded to come back to it. */
export type TaskToken = z.infer<typeof taskToken>

export function formatTaskToken(token: TaskToken): string {
  return JSON.stringify(token)
}

/** @throws {AgentError} `invalid_request` when it is no such token. */
export function parseTaskToken(text: string): TaskToken {
  const parsed = taskToken.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new AgentError('invalid_request', 'The continuation token is none of an A2A agent.')
}
