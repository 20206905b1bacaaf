import { toAskingRun } from '../../../run/approval-id.js'
import type { Decision } from '../../../run/control.js'
import type { RunKey } from '../../../run/run-log.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { takeDecisions, toUndecided } from '../take-decisions.js'
import type { DecidedInput } from './input-messages.js'
import type { ParsedProcess } from './parse-process.js'
import { projectRun } from './project-run.js'

/**
 * Takes a human's decisions, and gives the run that goes on with them and the last event of its response that was told
 * before. Sending the same decisions again gives the same.
 * @throws {AgentError} `invalid_request`, `not_found` or `approval_already_decided`, naming the field.
 */
export async function decideRun(
  call: Call,
  { agent, session }: ParsedProcess,
  { decisions: answers, start }: DecidedInput,
): Promise<{ readonly key: RunKey; readonly after: number }> {
  const toPath = (index: number) => `input.${start + index}.content.0.data.approval_request_id`
  if (session === undefined) throw createFieldError('session_id', 'is required with mcp_approval_response')
  const ids = answers.map((answer, index) => parseId(toPath(index), answer.approval_request_id, 200))
  if (new Set(ids).size < ids.length) throw createFieldError('input', 'decides an approval twice')
  const [run = '', ...others] = ids.map((id, index) => parseCorrelationId(toAskingRun(id), toPath(index)))
  const stray = others.findIndex((other) => other !== run)
  if (stray !== -1) throw createFieldError(toPath(stray + 1), 'is of another response')
  const key = { agent: agent.name, session, run }
  await call.sessions.requireSession(key, call.owner)
  const events = await call.sessions.readRun(key)
  const decisions = answers.map(
    ({ approve, reason }, index): Decision => ({
      approvalId: ids[index] ?? '',
      decision: approve ? 'approve' : 'reject',
      by: call.owner,
      reason: reason ?? undefined,
    }),
  )
  await takeDecisions(call, { key, events }, decisions, toPath)
  const told = projectRun(key, toUndecided(events, decisions))
  const last = told.findLast(({ object, status }) => object === 'response' && status === 'incomplete')
  return { key, after: last?.sequence_number ?? -1 }
}
