import type { ChatMessage } from '../../../core/messages.js'
import type { RunRequest } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/run-request.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { type DecidedRun, decideRun } from '../decide-run.js'
import { toSaidIds } from '../stored-said.js'
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
  if (decided !== undefined && isAllTaken(shown, decided)) return { key: decided.key, from: decided }
  const [accepted] = await call.sessions.readRun(key)
  if (accepted?.type === 'run.accepted') {
    const ids = new Set(accepted.data.messages.map(({ messageId }) => messageId))
    const isSame = ids.has(toLastUserId(shown))
    await say(call, input, isSame ? toSaidMessages(shown, ids) : toFreshMessages(shown, []))
    return { key, from: {} }
  }
  return beginAnew(call, input)
}

/** Whether the user has said nothing since what a decided run answers. */
function isAllTaken(shown: ParsedInput['shown'], { key, told }: DecidedRun): boolean {
  const last = toLastUserId(shown)
  return last === undefined || toTaken(key, fold(told).request).has(last)
}

/** The ids by which clients know the messages that a run has taken. */
function toTaken({ run }: RunKey, request: RunRequest | undefined): ReadonlySet<string | undefined> {
  return new Set(toSaidIds(run, request?.messages ?? []))
}

async function beginAnew(call: Call, input: ParsedInput): Promise<BegunRun> {
  const { key, shown } = input
  const newest = await findNewest(call, input)
  const last = toLastUserId(shown)
  if (newest === undefined || last === undefined || !newest.taken.has(last)) {
    await say(call, input, leaveOutTaken(toFreshMessages(shown, []), newest))
    return { key, from: {} }
  }
  await call.sessions.requireSession(key, call.owner)
  if (!newest.isVoid) return { key: newest.key, from: {} }
  await say(call, input, toFreshMessages(shown, [newest.key.run]))
  return { key, from: {} }
}

/** Without an answer to it, a message that was taken stands right before the next. */
function leaveOutTaken(
  messages: readonly ChatMessage[],
  newest: NewestRun | undefined,
): readonly ChatMessage[] {
  return messages.slice(messages.findLastIndex(({ messageId }) => newest?.taken.has(messageId)) + 1)
}

async function say(call: Call, input: ParsedInput, said: readonly ChatMessage[]): Promise<void> {
  const { key, metadata } = input
  if (said.every(isBlank))
    throw createFieldError('messages', 'must end with a message of the user that is not blank')
  await refuseToWait(call, key)
  const messages = [...toContextMessages(input), ...said]
  await call.sessions.begin(key, createRunRequest({ messages, owner: call.owner, metadata }))
}

/** The newest run of a session. */
interface NewestRun {
  readonly key: RunKey
  /** The ids of the messages that it has taken. */
  readonly taken: ReadonlySet<string | undefined>
  /** Whether it has ended without an answer. */
  readonly isVoid: boolean
}

/** Clients that were cut off send what it has taken once more, as another run. */
async function findNewest({ log, sessions }: Call, { key }: ParsedInput): Promise<NewestRun | undefined> {
  const open = await log.runsAfter(key, Number.MAX_SAFE_INTEGER)
  const ended = open.length > 0 ? [] : await log.runsUpTo(key, Number.MAX_SAFE_INTEGER, 1)
  const newest = open.at(-1) ?? ended[0]
  if (newest === undefined) return undefined
  const found = { ...key, run: newest.run }
  const { request, outcome } = fold(await sessions.readRun(found))
  const taken = toTaken(found, request)
  return { key: found, taken, isVoid: outcome !== undefined && outcome.type !== 'run.completed' }
}
