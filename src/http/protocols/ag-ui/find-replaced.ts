import { AgentError } from '../../../core/errors.js'
import { findIdProblem, longestCorrelationId } from '../../../core/find-id-problem.js'
import { toText } from '../../../core/messages.js'
import { toRunRequest } from '../../../run/events.js'
import { fold, type RunState } from '../../../run/fold.js'
import type { RunKey, SessionKey } from '../../../run/run-log.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { findPage } from '../find-page.js'
import { hasSaid, toSaidIds } from '../said-messages.js'
import { isGoingOn, isOpenRun, type ReplacedRun } from '../waiting-runs.js'
import { toLastUserId } from './fresh-messages.js'
import { isMessageOf } from './message-ids.js'
import { type ParsedInput, toUserMessage } from './parse-input.js'
import { toTaken } from './taking-runs.js'

/** A run whose place is to be taken. */
export interface FoundRun extends ReplacedRun {
  /** The ids of the user's messages that it has taken. */
  readonly said: readonly string[]
  /** Whether it has the answer that is wanted: the user has changed nothing, and it is being made, or was made in place of the one that is named. */
  readonly isWanted: boolean
}

/**
 * The run of the conversation that has taken the message whose place is to be taken.
 * @throws {AgentError} `not_found` when the conversation has no such message, or is somebody else's; `invalid_request` when the client's last message is another one of it.
 */
export async function findReplaced(call: Call, input: ParsedInput, replaces: string): Promise<FoundRun> {
  const { key, shown, decisions } = input
  await call.sessions.requireSession(key, call.owner)
  const answer = await readAnswer(call, key, replaces)
  const isNamed = (entry: StoredEntry) =>
    hasSaid(entry, answer?.message ?? replaces) || isAnsweredBy(entry, replaces)
  const entries = await findPage(call, key, isNamed)
  const entry = entries.findLast(isNamed)
  const run = entry?.correlationId
  if (entry === undefined || run == null) throw createMissingError(replaces)
  const said = toSaidIds(run, entry.messages)
  checkCut(shown, entries, said.includes(replaces) ? replaces : (said.at(-1) ?? ''))
  const state = fold(await call.sessions.readRun({ ...key, run }))
  const found = { run, isOpen: isOpenRun(state), said }
  const isMade = answer !== undefined && answer.run !== run
  const isToStay = isMade || (decisions.length === 0 && (await isGoingOn(call, key, found)))
  return { ...found, isWanted: isToStay && isUnchanged(shown, { ...key, run }, state) }
}

/** The run that has made a message, and the user's message that it answers; `undefined` when there is no log of such a run. */
async function readAnswer(
  { sessions }: Call,
  session: SessionKey,
  id: string,
): Promise<{ readonly run: string; readonly message: string | undefined } | undefined> {
  const run = id.slice(0, Math.max(0, id.lastIndexOf('.')))
  if (findIdProblem(run, longestCorrelationId) !== undefined) return undefined
  const request = toRunRequest(await sessions.readRun({ ...session, run }))
  return request === undefined ? undefined : { run, message: toSaidIds(run, request.messages).at(-1) }
}

/** Whether the run of a request has made a message. */
function isAnsweredBy({ $type, correlationId }: StoredEntry, id: string): boolean {
  return $type === 'request' && correlationId != null && isMessageOf(correlationId, id)
}

/** Passes when a client ends with the message `id`, or with one that the conversation does not have. @throws {AgentError} `invalid_request` */
function checkCut(shown: ParsedInput['shown'], entries: readonly StoredEntry[], id: string): void {
  const last = toLastUserId(shown)
  if (last === undefined || last === id) return
  const isKnown = shown.some((message) => message.id === id) || entries.some((entry) => hasSaid(entry, last))
  if (isKnown)
    throw createFieldError('messages', `must end with message "${id}", or with a new one in its place`)
}

/** Whether the user's last message is the last that a run has taken, in the same words. */
function isUnchanged(shown: ParsedInput['shown'], key: RunKey, { request }: RunState): boolean {
  const index = shown.findLastIndex(({ role }) => role === 'user')
  const message = shown[index]
  const [id, said] = [...toTaken(key, request)].at(-1) ?? []
  if (message === undefined || said === undefined || message.id !== id) return false
  return toText(toUserMessage(message, index).contents) === toText(said.contents)
}

function createMissingError(id: string): AgentError {
  const path = 'forwardedProps.replaces'
  return new AgentError('not_found', `${path}: the thread has no message "${id}".`, {
    issues: [{ path, message: 'names no message of the conversation' }],
  })
}
