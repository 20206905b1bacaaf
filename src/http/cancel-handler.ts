import { z } from 'zod'
import type { Agent } from '../agent/agent.js'
import { longestReason } from '../core/longest-reason.js'
import { fold, isBegun } from '../run/fold.js'
import { type Answer, createPendingAnswer } from './answers.js'
import { parseShape } from './parse-shape.js'
import { readOptionalJsonBody } from './read-body.js'
import type { Call, Handler } from './route.js'
import { createRunAnswer } from './run-answer.js'
import { requireRunOrScheduled } from './session-handlers.js'
import { withoutNulls } from './without-nulls.js'

/** The body of a request to cancel a run, which may be empty. */
export const cancelBody = z.strictObject({
  reason: z
    .string()
    .trim()
    .max(longestReason)
    .optional()
    .describe('Why; told to whoever waits for the run or reads the conversation.'),
})

/** `POST agents/{agent}/{sessionId}/runs/{correlationId}/cancel`: 202; its outcome with 200 when the run has ended already, or was only to be sent. */
export function createCancelHandler(agent: Agent): Handler {
  return async function handleCancel(call: Call): Promise<Answer> {
    const reason = await parseReason(call)
    const found = await requireRunOrScheduled(call, agent)
    const { key } = found
    const unsent = 'scheduled' in found && (await call.sessions.scheduled.takeBack(key, reason))
    if (unsent) return createRunAnswer(call.url, key, unsent)
    const before = fold('events' in found ? found.events : await call.sessions.readRun(key))
    if (before.outcome !== undefined) return createRunAnswer(call.url, key, before)
    const state = await call.sessions.cancel(key, reason)
    // It may have heard by now, which changes nothing for the caller, or have ended before it could.
    const isTooLate = state.outcome !== undefined && state.outcome.type !== 'run.cancelled'
    if (isTooLate) return createRunAnswer(call.url, key, state)
    return createPendingAnswer(call.url, key, isBegun(before) ? 'running' : 'accepted')
  }
}

/** A reason of nothing but blanks is none. */
async function parseReason({ request, settings }: Call): Promise<string | undefined> {
  const body = (await readOptionalJsonBody(request, settings.maxBodyBytes)) ?? {}
  return parseShape(cancelBody, withoutNulls(body, cancelBody)).reason || undefined
}
