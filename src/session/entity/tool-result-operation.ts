import { z } from 'zod'
import { AgentError, hasCode } from '../../core/errors.js'
import type { JsonValue } from '../../core/json.js'
import type { ToolResult } from '../../run/control.js'
import { fold, toLastCalls } from '../../run/fold.js'
import type { RunKey, RunLog } from '../../run/run-log.js'
import { writeOrBringAgain } from './bring-again.js'
import { carryOutRuns } from './carry-out-runs.js'
import type { Operation } from './operation.js'

const toolResultInput = z.object({
  correlationId: z.string().min(1),
  callId: z.string().min(1),
  idempotencyKey: z.string().optional(),
  result: z.json().optional(),
  error: z.string().optional(),
})

type ToolReport = z.output<typeof toolResultInput>

/** The `tool_result` operation: takes in what came of a pending tool call, and goes on with the run. */
export async function operateToolResult(operation: Operation): Promise<void> {
  const parsed = toolResultInput.safeParse(operation.context.df.getInput())
  if (!parsed.success) {
    throw new AgentError('invalid_request', "The tool_result operation's input is not valid.", {
      cause: parsed.error,
    })
  }
  const path = parsed.data.correlationId.split('/')
  await writeOrBringAgain(operation, 'tool_result', parsed.data, () =>
    fileReport(operation, parsed.data, path),
  )
  await carryOutRuns(operation, path[0] ?? parsed.data.correlationId)
}

/** Security: a report may be for a call of a run that was deleted, and whose name another one has taken since. */
async function fileReport(
  { log, key }: Operation,
  { correlationId, callId, idempotencyKey, error, result = null }: ToolReport,
  path: readonly string[],
): Promise<void> {
  const calls = toLastCalls(fold(await log.read({ ...key, run: correlationId })))
  const started = calls.find(({ call }) => call.callId === callId)?.started
  // Those of earlier releases do not say which call they are for.
  if (idempotencyKey !== undefined && started?.idempotencyKey !== idempotencyKey) return
  const outcome = error === undefined ? { result: result as JsonValue } : { error }
  await file(log, { ...key, run: correlationId }, { callId, ...outcome })
  // The runs that this one works for are told that there is news.
  for (let depth = path.length - 1; depth > 0; depth -= 1) {
    const run = path.slice(0, depth).join('/')
    await file(log, { ...key, run }, { callId: [...path.slice(depth), callId].join('/') })
  }
}

async function file(log: RunLog, key: RunKey, result: ToolResult): Promise<void> {
  try {
    await log.control(key, { type: 'toolResult', ...result })
  } catch (error) {
    // The session was deleted meanwhile: nobody waits.
    if (!hasCode(error, 'not_found')) throw error
  }
}
