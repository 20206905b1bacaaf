import { toAskingRun } from '../../../run/approval-id.js'
import type { StoredEvent } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { answerRun, type PlacedDecision } from '../answer-run.js'
import { readBeforeAnswers } from '../learned-answers.js'
import type { DecidedInput } from './input-messages.js'
import type { ParsedProcess } from './parse-process.js'
import { projectRun } from './project-run.js'
import { isWaiting, type Reading } from './response-stream.js'

/**
 * Takes a human's decisions, and gives the run that goes on with them and from where to tell its response: after `cursor`,
 * or, without one (-1), after what was told before the decisions. Sending the same again gives the same.
 * @throws {AgentError} `invalid_request`, `not_found` or `approval_already_decided`, naming the field.
 */
export async function decideProcess(
  call: Call,
  { agent, session }: ParsedProcess,
  { decisions: answers, start }: DecidedInput,
  cursor: number,
): Promise<{ readonly key: RunKey; readonly reading: Reading }> {
  const toPath = (index: number) => `input.${start + index}.content.0.data.approval_request_id`
  if (session === undefined) throw createFieldError('session_id', 'is required with mcp_approval_response')
  const ids = answers.map((answer, index) => parseId(toPath(index), answer.approval_request_id, 200))
  if (new Set(ids).size < ids.length) throw createFieldError('input', 'decides an approval twice')
  const [run = '', ...others] = ids.map((id, index) => parseCorrelationId(toAskingRun(id), toPath(index)))
  const stray = others.findIndex((other) => other !== run)
  if (stray !== -1) throw createFieldError(toPath(stray + 1), 'is of another response')
  const key = { agent: agent.name, session, run }
  const decisions = answers.map(
    ({ approve, reason }, index): PlacedDecision => ({
      approvalId: ids[index] ?? '',
      decision: approve ? 'approve' : 'reject',
      reason: reason ?? undefined,
      path: toPath(index),
    }),
  )
  await answerRun(call, key, { decisions, results: [] })
  const waits = (await readBeforeAnswers(call, key, ids)).map((events) => findLastWait(key, events))
  const after = cursor === -1 ? Math.min(...waits) : cursor
  return { key, reading: { after, answered: Math.max(after, ...waits) } }
}

/** The number of the event by which a response was last told to stand still; -1 for none. */
function findLastWait(key: RunKey, events: readonly StoredEvent[]): number {
  const waits = projectRun(key, events).filter(isWaiting)
  return waits.at(-1)?.sequence_number ?? -1
}
