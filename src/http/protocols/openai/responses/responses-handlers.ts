import { AgentError } from '../../../../core/errors.js'
import { withinMs } from '../../../../core/work-limit.js'
import type { StoredEvent } from '../../../../run/events.js'
import { fold } from '../../../../run/fold.js'
import { type Answer, createJsonAnswer, toRunHeaders } from '../../../answers.js'
import { parseCount, parseFlag, refuseUnknown } from '../../../parse-query.js'
import { toReachable } from '../../../reachable-agents.js'
import { passBody } from '../../../read-body.js'
import type { Call } from '../../../route.js'
import { hasSession } from '../../has-session.js'
import { beginResponse } from './begin-response.js'
import { parseResponseRequest } from './parse-response-request.js'
import { parseResponseId, type ResponseKey, toResponseId } from './response-id.js'
import { countParts } from './response-parts.js'
import { createResponseStream } from './response-stream.js'
import { ResponseTeller } from './response-teller.js'

/** `POST responses`: the response once its run has ended, asks a human, or has taken longer than callers wait; or its stream. */
export async function handleCreateResponse(call: Call): Promise<Answer> {
  const asked = await parseResponseRequest(call)
  const key = await beginResponse(call, asked)
  const { sessions } = call
  if (asked.stream) {
    await sessions.settle()
    return createResponseStream(call, key, -1)
  }
  const told = asked.background ? await readResponse(call, key) : await waitForResponse(call, key)
  // From here on the caller knows of a run that has not ended.
  if (!told.isOver) await sessions.settle()
  return createResponseAnswer(key, told)
}

/** `GET responses/{id}`: the response as it stands; with `?stream=true` its stream, after the frame numbered `starting_after`. */
export async function handleRetrieveResponse(call: Call): Promise<Answer> {
  const query = call.url.searchParams
  refuseUnknown(query, ['stream', 'starting_after', 'include', 'include[]', 'include_obfuscation', 'code'])
  const isStream = parseFlag('stream', query.get('stream')) ?? false
  const after = parseCount(query, 'starting_after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? -1
  const { key, told } = await requireResponse(call)
  return isStream ? createResponseStream(call, key, after) : createResponseAnswer(key, told)
}

/**
 * `POST responses/{id}/cancel`: stops the response's run, also one that waits, and gives what became of it: the response, or
 * the one that followed where it had ended before its run.
 */
export async function handleCancelResponse(call: Call): Promise<Answer> {
  refuseUnknown(call.url.searchParams, ['code'])
  await passBody(call.request, call.settings.maxBodyBytes)
  const { key } = await requireResponse(call)
  const { outcome } = fold(await call.sessions.readRun(key))
  if (outcome === undefined) await call.sessions.cancel(key)
  const last = countParts(await readToEnd(call, key))
  const shown = last > key.part ? { ...key, first: key.part + 1, part: last } : key
  const told = await readResponse(call, shown)
  if (!told.isThere) throw createMissingError(toResponseId(key))
  return createResponseAnswer(shown, told)
}

/**
 * Security: whatever an id says, only agents that have routes are reached by it.
 * @throws {AgentError} `not_found` when there is no such response, or it is somebody else's.
 */
async function requireResponse(call: Call): Promise<{ key: ResponseKey; told: ResponseTeller }> {
  const id = call.params.responseId ?? ''
  const key = tryParse(id)
  const isReachable = toReachable(call).some(({ name }) => name === key?.agent)
  if (key === undefined || !isReachable || !(await hasSession(call, key))) throw createMissingError(id)
  const told = await readResponse(call, key)
  if (!told.isThere) throw createMissingError(id)
  return { key, told }
}

function tryParse(id: string): ResponseKey | undefined {
  try {
    return parseResponseId('response_id', id)
  } catch {
    return undefined
  }
}

function createMissingError(id: string): AgentError {
  return new AgentError('not_found', `There is no response "${id.slice(0, 1000)}".`, {
    issues: [{ path: 'response_id', message: 'names no response' }],
  })
}

async function readResponse({ sessions }: Call, key: ResponseKey): Promise<ResponseTeller> {
  const teller = new ResponseTeller(key)
  for (const event of await sessions.readRun(key)) teller.take(event)
  return teller
}

/** A run's events when it has ended, or as far as they go when the time is up. */
function readToEnd({ sessions, settings }: Call, key: ResponseKey): Promise<readonly StoredEvent[]> {
  return withinMs(settings.waitLimitMs, async (signal) => {
    const events: StoredEvent[] = []
    for await (const batch of sessions.follow(key, -1, signal)) events.push(...batch)
    return events
  })
}

/** The response when it has ended, or as it stands when the time is up. */
function waitForResponse({ sessions, settings }: Call, key: ResponseKey): Promise<ResponseTeller> {
  return withinMs(settings.waitLimitMs, async (signal) => {
    const teller = new ResponseTeller(key)
    for await (const events of sessions.follow(key, -1, signal)) {
      for (const event of events) teller.take(event)
      if (teller.isOver) break
    }
    if (!teller.isThere) throw createMissingError(toResponseId(key))
    return teller
  })
}

function createResponseAnswer(key: ResponseKey, { response }: ResponseTeller): Answer {
  return createJsonAnswer(response, 200, toRunHeaders(key))
}
