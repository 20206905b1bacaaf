import { AgentError } from '../../../core/errors.js'
import { isTerminal } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import type { Answer } from '../../answers.js'
import { parseSessionId } from '../../ids.js'
import { parseCursor } from '../../parse-cursor.js'
import { parseFlag, refuseUnknown } from '../../parse-query.js'
import { toReachable } from '../../reachable-agents.js'
import { passBody } from '../../read-body.js'
import type { Call } from '../../route.js'
import { hasSession } from '../has-session.js'
import { createResponseAnswer } from './response-answer.js'
import { toRunPlaces } from './response-id.js'
import { createResponseStream } from './response-stream.js'

/** `GET process/{responseId}`: the events of a response from the start or a cursor; with `?stream=false` the response as it stands. */
export async function handleResponse(call: Call): Promise<Answer> {
  const query = call.url.searchParams
  refuseUnknown(query, ['after', 'session_id', 'stream', 'code'])
  const isStreamed = parseFlag('stream', query.get('stream')) ?? true
  const after = parseCursor(call, 'sequence_number')
  const key = await requireResponse(call)
  return isStreamed ? createResponseStream(call, key, { after }) : createResponseAnswer(call, key)
}

/** `POST process/{responseId}/stop`: stops a run wherever it is; 202 with the response as it stands, also when it has ended. */
export async function handleStop(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, ['session_id', 'code'])
  await passBody(call.request, call.settings.maxBodyBytes)
  const key = await requireResponse(call)
  const events = await call.sessions.readRun(key)
  if (!events.some(isTerminal)) await call.sessions.cancel(key)
  return { ...(await createResponseAnswer(call, key)), status: 202 }
}

/** The run behind a response. @throws {AgentError} `not_found` when there is none, or it is not the caller's. */
async function requireResponse(call: Call): Promise<RunKey> {
  const { params, url, owner, sessions } = call
  const { responseId = '' } = params
  const session = url.searchParams.get('session_id')
  const named = session === null ? undefined : parseSessionId(session, 'session_id')
  for (const place of toRunPlaces(responseId, named, owner)) {
    for (const { name: agent } of toReachable(call)) {
      const key = { agent, ...place }
      const events = await sessions.readRun(key)
      if (events.length > 0 && (await hasSession(call, key))) return key
    }
  }
  const hint =
    named === undefined ? ' If it was given an id in a session of its own, name that by ?session_id=.' : ''
  throw new AgentError('not_found', `There is no response "${responseId}".${hint}`)
}
