import { AgentError, hasCode } from '../../core/errors.js'
import { isJsonObject } from '../../core/json.js'
import { toProblem } from '../../core/problem.js'
import type { RunRequest } from '../../run/events.js'
import { fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { checkCreation } from '../client/check-creation.js'
import { detachMedia } from '../client/detach-media.js'
import { parseRunInput, type RunInput } from '../client/run-input.js'
import { withTrace } from '../client/with-trace.js'
import { type Operation, toPatience } from '../entity/operation.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import { deletedReason } from './announce-end.js'
import { createFailedReply, createPendingReply, toRunReply } from './run-reply.js'

/** What a `run` operation was sent. Callers whose input cannot be read get a reply that says why. @throws {AgentError} `invalid_request`. */
export function readInput({ context, key }: Operation): RunInput {
  const input = context.df.getInput<unknown>()
  try {
    return parseRunInput(input)
  } catch (error) {
    const run = isJsonObject(input) && typeof input.correlationId === 'string' ? input.correlationId : ''
    context.df.return(createFailedReply({ ...key, run }, toProblem(error)))
    throw error
  }
}

/** Writes a run down that came with its operation, or that one more orchestration waits for it. @throws {AgentError} `idempotency_conflict` when its id stands for another request, `not_found` when the session is somebody else's. */
export async function accept(
  { log, maxInlineMediaBytes }: Operation,
  key: RunKey,
  request: RunRequest,
): Promise<void> {
  const { request: stored, attachments } = detachMedia(key, withTrace(request), maxInlineMediaBytes)
  const creation = await log.create(key, stored, attachments)
  checkCreation(creation, key, request)
  const { orchestrationId } = request
  if (creation.outcome !== 'exists' || orchestrationId === undefined) return
  if (orchestrationId === creation.request.orchestrationId) return
  await log.control(key, { type: 'awaited', orchestrationId })
}

/** Tells the caller how the run ended, why it never was, or that it goes on: then an event will tell. */
export async function reply(operation: Operation, key: RunKey, error?: unknown): Promise<void> {
  const { log, context } = operation
  const isRefused = hasCode(error, 'not_found') || hasCode(error, 'idempotency_conflict')
  if (isRefused) return context.df.return(createFailedReply(key, toProblem(error)))
  const { outcome, request } = fold(await outlastFailures(toPatience(operation), () => log.read(key)))
  if (outcome !== undefined) return context.df.return(toRunReply(key, outcome))
  if (request !== undefined) return context.df.return(createPendingReply(key))
  // Whoever executed it learned of its deletion by being fenced off.
  const isDeleted = error === undefined || hasCode(error, 'fenced')
  const lost = isDeleted ? new AgentError('run_cancelled', deletedReason) : error
  context.df.return(createFailedReply(key, toProblem(lost)))
}
