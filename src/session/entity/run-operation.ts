import { isJsonObject } from '../../core/json.js'
import { toProblem } from '../../core/problem.js'
import type { RunRequest } from '../../run/events.js'
import type { RunKey } from '../../run/run-log.js'
import { parseRunInput, type RunInput } from '../client/run-input.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import { reply } from '../replies/reply-to-caller.js'
import { createFailedReply } from '../replies/run-reply.js'
import { acceptRun } from './accept-run.js'
import { writeOrBringAgain } from './bring-again.js'
import { carryOutRuns } from './carry-out-runs.js'
import { type Operation, toPatience } from './operation.js'

/** The `run` operation: carries out the named run (see {@link carryOutRuns}). Whoever brought the whole request gets a reply. */
export async function operateRun(operation: Operation): Promise<void> {
  const { correlationId, request, isAwaited } = readInput(operation)
  if (request === undefined) return carryOutRuns(operation, correlationId)
  const key = { ...operation.key, run: correlationId }
  try {
    await writeDown(operation, key, request, isAwaited)
    const { orchestrationId } = request
    await carryOutRuns({ ...operation, repliesTo: { run: correlationId, orchestrationId } }, correlationId)
  } catch (error) {
    await reply(operation, key, error)
    throw error
  }
  await reply(operation, key)
}

/** What the operation was sent. Callers whose input cannot be read get a reply that says why. @throws {AgentError} `invalid_request`. */
function readInput({ context, key }: Operation): RunInput {
  const input = context.df.getInput<unknown>()
  try {
    return parseRunInput(input)
  } catch (error) {
    const run = isJsonObject(input) && typeof input.correlationId === 'string' ? input.correlationId : ''
    context.df.return(createFailedReply({ ...key, run }, toProblem(error)))
    throw error
  }
}

/** Writes down a run that came with its operation. Whoever waits for it learns of a failure, and asks again. */
function writeDown(
  operation: Operation,
  key: RunKey,
  request: RunRequest,
  isAwaited: boolean,
): Promise<void> {
  const write = () => acceptRun(operation, key, request)
  if (isAwaited) return outlastFailures(toPatience(operation), write)
  return writeOrBringAgain(operation, 'run', operation.context.df.getInput(), write)
}
