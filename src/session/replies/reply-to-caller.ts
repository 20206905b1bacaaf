import { AgentError, hasCode } from '../../core/errors.js'
import { toProblem } from '../../core/problem.js'
import { fold } from '../../run/fold.js'
import type { RunKey } from '../../run/run-log.js'
import { type Operation, toPatience } from '../entity/operation.js'
import { outlastFailures } from '../execution/outlast-failures.js'
import { deletedReason } from './announce-end.js'
import { createFailedReply, createPendingReply, toRunReply } from './run-reply.js'

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
