import { AgentError } from '../../../core/errors.js'
import { findIdProblem, longestCorrelationId } from '../../../core/find-id-problem.js'
import { toText } from '../../../core/messages.js'
import { fold } from '../../../run/fold.js'
import type { SessionKey } from '../../../run/run-log.js'
import type { StoredEntry } from '../../../session/state/stored-state.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { hasSaid } from '../stored-said.js'
import { isGoingOn, type ReplacedRun } from '../waiting-runs.js'
import { toLastUserId } from './fresh-messages.js'
import { type ParsedInput, toUserMessage } from './parse-input.js'
import { type TakingRun, toTaken } from './taking-runs.js'

/** A run whose place is to be taken. */
export interface FoundRun extends ReplacedRun, Pick<TakingRun, 'taken'> {
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
  const answer = await readAnswering(call, key, replaces)
  const id = answer?.message ?? replaces
  const entries = await findPage(call, key, id)
  const run = entries.findLast((entry) => hasSaid(entry, id))?.correlationId
  if (run == null) throw createMissingError(replaces)
  const last = toLastUserId(shown) ?? ''
  const isShown = shown.some((message) => message.id === id)
  if (last !== id && (isShown || entries.some((entry) => hasSaid(entry, last))))
    throw createFieldError('messages', `must end with message "${id}", or with a new one in its place`)
  const state = fold(await call.sessions.readRun({ ...key, run }))
  const found = { run, state, taken: toTaken({ ...key, run }, state.request) }
  const isMade = answer !== undefined && answer.run !== run
  const isToStay = isMade || (decisions.length === 0 && (await isGoingOn(call, key, found)))
  return { ...found, isWanted: isToStay && isUnchanged(shown, found) }
}

/** The run that has made a message, and the user's message that it answers. */
async function readAnswering(
  { sessions }: Call,
  session: SessionKey,
  id: string,
): Promise<{ readonly run: string; readonly message: string | undefined } | undefined> {
  const run = id.slice(0, Math.max(0, id.lastIndexOf('.')))
  if (findIdProblem(run, longestCorrelationId) !== undefined) return undefined
  const { request } = fold(await sessions.readRun({ ...session, run }))
  if (request === undefined) return undefined
  return { run, message: [...toTaken({ ...session, run }, request).keys()].at(-1) }
}

/** How many turns are looked through at once. */
const pageTurns = 50

/** The page of a conversation that has a message of the user; empty when none has. */
async function findPage(
  { sessions }: Call,
  session: SessionKey,
  id: string,
): Promise<readonly StoredEntry[]> {
  let before: number | undefined
  do {
    const { entries, olderBefore } = await sessions.read(session, { limit: pageTurns, before })
    if (entries.some((entry) => hasSaid(entry, id))) return entries
    before = olderBefore
  } while (before !== undefined)
  return []
}

/** Whether the user's last message is the last that a run has taken, in the same words. */
function isUnchanged(shown: ParsedInput['shown'], { taken }: Pick<TakingRun, 'taken'>): boolean {
  const index = shown.findLastIndex(({ role }) => role === 'user')
  const message = shown[index]
  const [id, said] = [...taken].at(-1) ?? []
  if (message === undefined || said === undefined || message.id !== id) return false
  return toText(toUserMessage(message, index).contents) === toText(said.contents)
}

function createMissingError(id: string): AgentError {
  const path = 'forwardedProps.replaces'
  return new AgentError('not_found', `${path}: the thread has no message "${id}".`, {
    issues: [{ path, message: 'names no message of the conversation' }],
  })
}
