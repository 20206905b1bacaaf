import { z } from 'zod'
import { AgentError } from '../core/errors.js'
import { createTextMessage } from '../core/messages.js'
import type { RunRequest } from '../run/events.js'
import { createRunRequest } from './run-request.js'

const runInput = z.looseObject({
  correlationId: z.string().min(1).max(128),
  message: z.string().optional(),
  role: z.string().optional(),
  enable_tool_calls: z.boolean().optional(),
})

/** What a `run` operation is asked to do: to carry on a run that is in the log, or one that comes with the operation. */
export interface RunInput {
  readonly correlationId: string
  /** Present when the caller has no log: an orchestrator, or a .NET or Python peer. */
  readonly request: RunRequest | undefined
}

/** Reads the input of a `run` operation, in the field names of the peers' run request. @throws {AgentError} `invalid_request` naming the field. */
export function parseRunInput(input: unknown): RunInput {
  const parsed = runInput.safeParse(input)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    throw new AgentError('invalid_request', `The run operation's input is not valid at ${issues[0]?.path}.`, {
      issues,
    })
  }
  const { correlationId, message, role = 'user', enable_tool_calls: enableToolCalls = true } = parsed.data
  if (message === undefined) return { correlationId, request: undefined }
  if (role !== 'user') {
    throw new AgentError('invalid_request', `role must be "user", not "${role}".`, {
      issues: [{ path: 'role', message: 'must be "user"' }],
    })
  }
  const request = createRunRequest({
    messages: [createTextMessage('user', message)],
    options: { enableToolCalls },
  })
  return { correlationId, request }
}
