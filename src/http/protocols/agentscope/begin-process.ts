import type { ChatMessage } from '../../../core/messages.js'
import { toAskingRun } from '../../../run/approval-id.js'
import { type RunRequest, type StoredEvent, toRunRequest } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { parseCorrelationId, parseId } from '../../ids.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { answerRun, type PlacedDecision } from '../answer-run.js'
import { hasSession } from '../has-session.js'
import { readBeforeAnswers } from '../learned-answers.js'
import type { DecidedInput, SaidInput } from './input-messages.js'
import type { ParsedProcess } from './parse-process.js'
import { projectRun } from './project-run.js'
import { isWaiting, type Reading } from './response-stream.js'

/** What a run is begun with. */
interface Said extends Pick<ParsedProcess, 'instructions' | 'metadata'> {
  readonly input: SaidInput
}

/** Begins the run that a request asks for, or finds it. @throws {AgentError} as {@link SessionClient.begin}. */
export async function beginRun(call: Call, key: RunKey, said: Said): Promise<void> {
  await call.sessions.begin(key, await chooseRequest(call, key, said))
}

/**
 * A session that is there knows what was said before, so only what is fresh counts. A new one is told all that the user
 * has said. Which it was the first time holds when the request is repeated: by then there is a session.
 */
async function chooseRequest(
  call: Call,
  key: RunKey,
  { input, instructions, metadata }: Said,
): Promise<RunRequest> {
  const { owner, sessions } = call
  const options = { enableToolCalls: true, instructions }
  const toRequest = (messages: readonly ChatMessage[]) =>
    createRunRequest({ messages, options, owner, metadata })
  const fresh = toRequest(input.fresh)
  if (input.whole === undefined) return fresh
  // In this order: a session that the same request makes meanwhile is there together with its run.
  const isKnown = await hasSession(call, key)
  const begun = toRunRequest(await sessions.readRun(key))
  if (begun === undefined) return isKnown ? fresh : toRequest(input.whole())
  const whole = toRequest(input.whole())
  return begun.digest === whole.digest ? whole : fresh
}

/**
 * Takes a human's decisions, and gives the run that goes on with them and from where to tell its response: after `cursor`,
 * or, without one (-1), after what was told before the decisions. Sending the same again gives the same.
 * @throws {AgentError} `invalid_request`, `not_found` or `approval_already_decided`, naming the field.
 */
export async function decideProcess(
  call: Call,
  { agent, session }: ParsedProcess,
  input: DecidedInput,
  cursor: number,
): Promise<{ readonly key: RunKey; readonly reading: Reading }> {
  if (session === undefined) throw createFieldError('session_id', 'is required with mcp_approval_response')
  const decisions = toPlaced(input)
  const key = { agent: agent.name, session, run: toOneRun(decisions) }
  const { answered } = await answerRun(call, key, { decisions, results: [] })
  const waits = (await readBeforeAnswers(call, key, answered)).map((events) => findLastWait(key, events))
  const after = cursor === -1 ? Math.min(...waits) : cursor
  return { key, reading: { after, answered: Math.max(after, ...waits) } }
}

function toPlaced({ decisions }: DecidedInput): readonly PlacedDecision[] {
  return decisions.map(({ at, data: { approval_request_id: id, approve, reason } }) => {
    const path = `input.${at}.content.0.data.approval_request_id`
    const decision = approve ? 'approve' : 'reject'
    return { path, approvalId: parseId(path, id, 200), decision, reason: reason ?? undefined }
  })
}

/** The run that all decisions are about. */
function toOneRun(placed: readonly PlacedDecision[]): string {
  if (new Set(placed.map(({ approvalId }) => approvalId)).size < placed.length)
    throw createFieldError('input', 'decides an approval twice')
  const runs = placed.map(({ approvalId, path }) => parseCorrelationId(toAskingRun(approvalId), path))
  const [run = ''] = runs
  const stray = placed[runs.findIndex((one) => one !== run)]
  if (stray !== undefined) throw createFieldError(stray.path, 'is of another response')
  return run
}

/** The number of the event by which a response was last told to stand still; -1 for none. */
function findLastWait(key: RunKey, events: readonly StoredEvent[]): number {
  const waits = projectRun(key, events).filter(isWaiting)
  return waits.at(-1)?.sequence_number ?? -1
}
