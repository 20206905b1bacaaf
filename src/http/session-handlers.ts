import type { Agent } from '../agent/agent.js'
import { AgentError, hasCode } from '../core/errors.js'
import type { StoredEvent } from '../run/events.js'
import type { RunState } from '../run/fold.js'
import type { RunKey, SessionKey } from '../run/run-log.js'
import { toHistoryEntries } from '../session/state/history-entries.js'
import { type Answer, createJsonAnswer, type PendingStatus, toRunHeaders, toStanding } from './answers.js'
import { createEventStream } from './event-stream.js'
import { parseCorrelationId, parseSessionId } from './ids.js'
import { parseCursor } from './parse-cursor.js'
import { parsePage } from './parse-page.js'
import { parseFlag, refuseUnknown } from './parse-query.js'
import { passBody } from './read-body.js'
import type { Call, Handler } from './route.js'
import { createRunAnswer, createScheduledAnswer } from './run-answer.js'

/** `GET agents/{agent}/{sessionId}`: the conversation. */
export function createStateHandler(agent: Agent): Handler {
  return async function handleState(call: Call): Promise<Answer> {
    const { searchParams: query } = call.url
    refuseUnknown(query, ['limit', 'before', 'runs', 'scheduled', 'code'])
    const page = parsePage(query)
    const runs = parseFlag('runs', query.get('runs'))
    const listsScheduled = parseFlag('scheduled', query.get('scheduled'))
    const key = await requireSession(call, agent)
    const view = await call.sessions.read(key, page)
    const [open] = view.openRuns
    const standing =
      open && toStanding(await call.sessions.readStanding({ ...key, run: open.run }, open.events))
    return createJsonAnswer({
      message_count: view.messageCount,
      conversation_history: toHistoryEntries(view.entries, { runs }),
      last_response: view.lastResponse,
      agent_type: agent.type,
      sessionId: key.session,
      status: toSessionStatus(standing?.status),
      run: standing && { correlationId: open?.run, status: standing.status },
      ...standing?.questions,
      scheduled: listsScheduled ? await call.sessions.scheduled.list(key) : undefined,
      next_before: view.olderBefore,
    })
  }
}

/** `DELETE agents/{agent}/{sessionId}`: 204, whether there was anything to delete or not. */
export function createDeleteHandler(agent: Agent): Handler {
  return async function handleDelete(call: Call): Promise<Answer> {
    await passBody(call.request, call.settings.maxBodyBytes)
    try {
      const key = await requireSession(call, agent)
      await call.sessions.delete(key, call.settings.waitLimitMs)
    } catch (error) {
      if (!hasCode(error, 'not_found') || (await isForeign(call, agent))) throw error
    }
    return { status: 204, headers: {} }
  }
}

/** `POST agents/{agent}/{sessionId}/reset`: clears the history; 204. */
export function createResetHandler(agent: Agent): Handler {
  return async function handleReset(call: Call): Promise<Answer> {
    await passBody(call.request, call.settings.maxBodyBytes)
    const key = await requireSession(call, agent)
    await call.sessions.reset(key, call.settings.waitLimitMs)
    return { status: 204, headers: {} }
  }
}

/** `GET agents/{agent}/{sessionId}/runs/{correlationId}`: how a run ended, or that it has not. */
export function createOutcomeHandler(agent: Agent): Handler {
  return async function handleOutcome(call: Call): Promise<Answer> {
    const found = await requireRunOrScheduled(call, agent)
    if ('scheduled' in found) return createScheduledAnswer(call.url, found.key, found.scheduled)
    const { key, events } = found
    return createRunAnswer(call.url, key, await call.sessions.readStanding(key, events))
  }
}

/** `GET agents/{agent}/{sessionId}/runs/{correlationId}/events`: the run's events from the start or a cursor. */
export function createEventsHandler(agent: Agent): Handler {
  return async function handleEvents(call: Call): Promise<Answer> {
    const { searchParams: query } = call.url
    refuseUnknown(query, ['after', 'times', 'code'])
    const after = parseCursor(call)
    const times = parseFlag('times', query.get('times')) ?? false
    const { key } = await requireRun(call, agent)
    return createEventStream(call, key, { after, times, headers: toRunHeaders(key) })
  }
}

/** Of the first run that has not ended. */
function toSessionStatus(status: PendingStatus | undefined): 'idle' | 'running' | 'waiting' {
  if (status === undefined) return 'idle'
  return status === 'waiting' ? 'waiting' : 'running'
}

/** The session that a call names. */
export function parseSessionKey({ params }: Call, agent: Agent): SessionKey {
  return { agent: agent.name, session: parseSessionId(params.sessionId ?? '') }
}

/** The session a call is about. @throws {AgentError} `not_found` when it is not the caller's. */
export async function requireSession(call: Call, agent: Agent): Promise<SessionKey> {
  const key = parseSessionKey(call, agent)
  await call.sessions.requireSession(key, call.owner)
  return key
}

async function isForeign(call: Call, agent: Agent): Promise<boolean> {
  const session = await call.log.session(parseSessionKey(call, agent))
  return session !== undefined
}

/** A run that a caller may know of. */
export interface FoundRun {
  readonly key: RunKey
  /** Its events so far, at least one. */
  readonly events: readonly StoredEvent[]
}

/** A message that is to be sent later. */
export interface FoundScheduled {
  readonly key: RunKey
  /** How it stands. */
  readonly scheduled: RunState
}

/** The run a call is about. @throws {AgentError} `not_found` when there is none, or it is not the caller's. */
export async function requireRun(call: Call, agent: Agent): Promise<FoundRun> {
  const found = await requireRunOrScheduled(call, agent)
  if ('events' in found) return found
  const { request, outcome } = found.scheduled
  const [is, why] = outcome === undefined ? ['is', ` before ${request?.options.sendAt}`] : ['was', '']
  const message = `"${found.key.run}" ${is} a message to be sent later: there is no run of it${why}.`
  throw new AgentError('not_found', message)
}

/** The run a call is about, or the message that is to be one later. @throws {AgentError} `not_found` as {@link requireRun}. */
export async function requireRunOrScheduled(call: Call, agent: Agent): Promise<FoundRun | FoundScheduled> {
  const run = parseCorrelationId(call.params.correlationId ?? '')
  const session = await requireSession(call, agent)
  const key = { ...session, run }
  const found = await findRun(call, key)
  if (found !== undefined) return found
  const scheduled = await call.sessions.scheduled.read(key)
  if (scheduled !== undefined) return { key, scheduled }
  // It may have been sent between the two looks.
  const sent = await findRun(call, key)
  if (sent !== undefined) return sent
  throw new AgentError('not_found', `Session "${key.session}" has no run with correlationId "${run}".`)
}

async function findRun({ sessions }: Call, key: RunKey): Promise<FoundRun | undefined> {
  const events = await sessions.readRun(key)
  return events.length === 0 ? undefined : { key, events }
}
