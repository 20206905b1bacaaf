import { z } from 'zod'
import { AgentError, hasCode } from '../core/errors.js'
import type { JsonValue } from '../core/json.js'
import type { ToolResult } from '../run/control.js'
import type { RunKey, RunLog } from '../run/run-log.js'
import type { Operation } from './operation.js'
import { operatePending } from './run-operation.js'

const toolResultInput = z.object({
  correlationId: z.string().min(1),
  callId: z.string().min(1),
  result: z.json().optional(),
  error: z.string().optional(),
})

/** The `tool_result` operation: takes in what came of a pending tool call, and goes on with the run. */
export async function operateToolResult(operation: Operation): Promise<void> {
  const parsed = toolResultInput.safeParse(operation.context.df.getInput())
  if (!parsed.success) {
    throw new AgentError('invalid_request', "The tool_result operation's input is not valid.", {
      cause: parsed.error,
    })
  }
  const { correlationId, callId, error, result = null } = parsed.data
  const outcome = error === undefined ? { result: result as JsonValue } : { error }
  const path = correlationId.split('/')
  await file(operation.log, { ...operation.key, run: correlationId }, { callId, ...outcome })
  // The runs that this one works for are told that there is news.
  for (let depth = path.length - 1; depth > 0; depth -= 1) {
    const run = path.slice(0, depth).join('/')
    await file(operation.log, { ...operation.key, run }, { callId: [...path.slice(depth), callId].join('/') })
  }
  await operatePending(operation, path[0] ?? correlationId)
}

async function file(log: RunLog, key: RunKey, result: ToolResult): Promise<void> {
  try {
    await log.control(key, { type: 'toolResult', ...result })
  } catch (error) {
    // The session was deleted meanwhile: nobody waits.
    if (!hasCode(error, 'not_found')) throw error
  }
}
