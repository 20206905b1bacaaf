import type { ChatMessage } from '../../../core/messages.js'
import { fold } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/run-request.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { decideRun } from '../decide-run.js'
import type { TellingFrom } from '../tell-run.js'
import { refuseToWait } from '../waiting-runs.js'
import {
  isBlank,
  toContextMessages,
  toFreshMessages,
  toLastUserId,
  toSaidMessages,
} from './fresh-messages.js'
import type { ParsedInput } from './parse-input.js'

/** A run of ours that a client's run is told from, and from where on. */
export interface BegunRun {
  readonly key: RunKey
  readonly from: TellingFrom
}

/** Takes what was decided and what is said. A request that is repeated finds what it did before. */
export async function beginRun(call: Call, input: ParsedInput): Promise<BegunRun> {
  const { key, shown, decisions } = input
  const decided = decisions.length === 0 ? undefined : await decideRun(call, key, decisions)
  if (decided !== undefined && toFreshMessages(shown, [decided.key.run]).length === 0)
    return { key: decided.key, from: decided }
  const [accepted] = await call.sessions.readRun(key)
  if (accepted?.type === 'run.accepted') {
    const ids = new Set(accepted.data.messages.map(({ messageId }) => messageId))
    const isSame = ids.has(toLastUserId(shown))
    await say(call, input, isSame ? toSaidMessages(shown, ids) : toFreshMessages(shown, []))
    return { key, from: {} }
  }
  const taken = await findTaken(call, input)
  if (taken !== undefined && !taken.isVoid) {
    await call.sessions.requireSession(key, call.owner)
    return { key: taken.key, from: {} }
  }
  await say(call, input, toFreshMessages(shown, taken === undefined ? [] : [taken.key.run]))
  return { key, from: {} }
}

async function say(call: Call, input: ParsedInput, said: readonly ChatMessage[]): Promise<void> {
  const { key, metadata } = input
  if (said.every(isBlank))
    throw createFieldError('messages', 'must end with a message of the user that is not blank')
  await refuseToWait(call, key)
  const messages = [...toContextMessages(input), ...said]
  await call.sessions.begin(key, createRunRequest({ messages, owner: call.owner, metadata }))
}

/**
 * The newest run, if it has taken the user's last message: clients that were cut off send that once more, as another run.
 * One that gave no answer is void.
 */
async function findTaken(
  { log, sessions }: Call,
  { key, shown }: ParsedInput,
): Promise<{ readonly key: RunKey; readonly isVoid: boolean } | undefined> {
  const last = toLastUserId(shown)
  const open = await log.runsAfter(key, Number.MAX_SAFE_INTEGER)
  const ended = open.length > 0 ? [] : await log.runsUpTo(key, Number.MAX_SAFE_INTEGER, 1)
  const newest = open.at(-1) ?? ended[0]
  if (newest === undefined || last === undefined) return undefined
  const found = { ...key, run: newest.run }
  const { request, outcome } = fold(await sessions.readRun(found))
  if (!request?.messages.some(({ messageId }) => messageId === last)) return undefined
  return { key: found, isVoid: outcome !== undefined && outcome.type !== 'run.completed' }
}
