import type { Agent } from '../agent/agent.js'
import { withinMs } from '../core/work-limit.js'
import type { TerminalEvent } from '../run/events.js'
import type { RunKey } from '../run/run-log.js'
import {
  type Answer,
  createJsonAnswer,
  createPendingAnswer,
  createProblemAnswer,
  createStandingAnswer,
  createTextAnswer,
  toErrorAnswer,
  toRunHeaders,
} from './answers.js'
import type { AnswerForm } from './caller-wishes.js'
import { createEventStream } from './event-stream.js'
import { type ParsedRun, parseRun } from './parse-run.js'
import type { Call, Handler } from './route.js'
import { createRunAnswer, createScheduledAnswer, toEndProblem } from './run-answer.js'

/** `POST agents/{agent}/run`: accepts a message; answers with the outcome, a promise of it, or the events on the way. */
export function createRunHandler(agent: Agent): Handler {
  return async function handleRun(call: Call): Promise<Answer> {
    const run = await parseRun(call, agent)
    try {
      return await answerRun(call, agent, run)
    } catch (error) {
      call.onError(error)
      return toErrorAnswer(error, run, toRunHeaders({ session: run.sessionId, run: run.correlationId }))
    }
  }
}

async function answerRun(call: Call, agent: Agent, run: ParsedRun): Promise<Answer> {
  const { sessions, settings } = call
  const key: RunKey = { agent: agent.name, session: run.sessionId, run: run.correlationId }
  const headers = toRunHeaders(key)
  const { sendAt } = run.request.options
  const scheduled = sendAt && (await sessions.schedule(key, sendAt, run.request))
  if (scheduled) return createScheduledAnswer(call.url, key, scheduled)
  const isNew = await sessions.begin(key, run.request)
  const isWaitedFor = run.wait && run.form !== 'events'
  const outcome = isWaitedFor
    ? await withinMs(settings.waitLimitMs, (signal) => sessions.waitForNews(key, signal))
    : undefined
  if (typeof outcome === 'object') return createOutcomeAnswer(outcome, key, run.form, headers)
  // From here on the caller knows of a run that has not ended.
  await sessions.settle()
  if (run.form === 'events') return createEventStream(call, key, { after: -1, headers })
  if (!run.wait && isNew) return createPendingAnswer(call.url, key, 'accepted')
  const state = await sessions.readStanding(key)
  return run.wait ? createStandingAnswer(call.url, key, state) : createRunAnswer(call.url, key, state)
}

function createOutcomeAnswer(
  outcome: TerminalEvent,
  key: RunKey,
  form: AnswerForm,
  headers: Record<string, string>,
): Answer {
  if (outcome.type !== 'run.completed') return createProblemAnswer(toEndProblem(outcome, key), headers)
  if (form === 'json') return createJsonAnswer(outcome.data, 200, headers)
  return createTextAnswer(outcome.data.response, 200, headers)
}
