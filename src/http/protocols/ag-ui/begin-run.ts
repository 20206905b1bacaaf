import { type ChatMessage, isBlank } from '../../../core/messages.js'
import type { RunRequest } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import type { RunKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import type { BeginOptions } from '../../../session/client/session-client-options.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { toContextId } from '../said-messages.js'
import type { RunToTell } from '../tell-run.js'
import { type ReplacedRun, refuseToWait } from '../waiting-runs.js'
import { findReplaced } from './find-replaced.js'
import { toContextMessages, toFreshMessages, toLastUserId, toSaidMessages } from './fresh-messages.js'
import { isInstructions, type ParsedInput } from './parse-input.js'
import { takeAnswers } from './take-answers.js'
import { checkUnchanged, findTakingRuns, findTwin, type TakingRun } from './taking-runs.js'

/** Takes what a run is answered and what is said; gives the run of ours that the client's is told from. A request that is repeated finds what it did before. */
export async function beginRun(call: Call, input: ParsedInput): Promise<RunToTell> {
  const answered = isReplacing(input) ? undefined : await takeAnswers(call, input)
  if (answered !== undefined) return answered
  const { request, outcome, epoch } = fold(await call.sessions.readRun(input.key))
  const isWithdrawn = outcome?.type === 'run.cancelled' && epoch === 0
  if (request === undefined || isWithdrawn) return beginAnew(call, input)
  return sayAgain(call, input, request)
}

/** Whether there is nothing to be answered any more. A client that goes on with what it has begun so may name once more what that replaces. */
function isReplacing({ replaces, shown }: ParsedInput): boolean {
  return replaces !== undefined && shown.findLast((message) => !isInstructions(message))?.role === 'user'
}

/** Under the same run the same has to be said; what the application tells of itself may have changed since. */
function sayAgain(
  call: Call,
  input: ParsedInput,
  { messages: before, options }: RunRequest,
): Promise<RunToTell> {
  const { key, shown } = input
  const ids = new Set(before.map(({ messageId }) => messageId))
  const said = ids.has(toLastUserId(shown)) ? toSaidMessages(shown, ids) : toFreshMessages(shown, [])
  const context = before.filter(({ messageId }) => messageId === toContextId(key.run))
  return say(call, input, said, { context, options })
}

async function beginAnew(call: Call, input: ParsedInput): Promise<RunToTell> {
  const { key, shown } = input
  if (input.replaces !== undefined) return replace(call, input, input.replaces)
  const runs = await findTakingRuns(call, input)
  const last = toLastUserId(shown)
  const taker = runs.find(({ taken }) => taken.has(last))
  if (taker === undefined) return sayOnce(call, input, leaveOutTaken(toFreshMessages(shown, []), runs))
  await call.sessions.requireSession(key, call.owner)
  if (taker.isVoid) return say(call, input, toFreshMessages(shown, [taker.key.run]))
  checkUnchanged(shown, taker)
  return { key: taker.key }
}

/** Says the user's last message in place of another one; tells the run that has it, when that is the answer that is wanted. */
async function replace(call: Call, input: ParsedInput, replaces: string): Promise<RunToTell> {
  const { key, shown } = input
  const replaced = await findReplaced(call, input, replaces)
  const { run, said, isWanted } = replaced
  if (isWanted) return { key: { ...key, run } }
  const ids = [...said, toLastUserId(shown)]
  const isPart = ({ messageId }: ChatMessage) => ids.includes(messageId)
  return sayOnce(call, input, toFreshMessages(shown, []).filter(isPart), replaced)
}

/** Without an answer to it, a message that was taken stands before the next. */
function leaveOutTaken(messages: readonly ChatMessage[], runs: readonly TakingRun[]): readonly ChatMessage[] {
  const isTaken = ({ messageId }: ChatMessage) => runs.some(({ taken }) => taken.has(messageId))
  return messages.slice(messages.findLastIndex(isTaken) + 1)
}

/** Says something, unless the same message came to another host at the same moment; the run there is told in that case. */
async function sayOnce(
  call: Call,
  input: ParsedInput,
  said: readonly ChatMessage[],
  replaced?: ReplacedRun,
): Promise<RunToTell> {
  let twin: RunKey | undefined
  const isNeedless = async () => {
    twin = await findTwin(call, input, replaced?.run)
    return twin !== undefined
  }
  const { key } = await say(call, input, said, { isNeedless, replaced })
  return { key: twin ?? key }
}

interface SayOptions extends BeginOptions {
  /** @default what the application tells of itself now */
  readonly context?: readonly ChatMessage[]
  /** @default with the tools that the client has now, and the instructions that it gives */
  readonly options?: RunRequest['options']
  /** @default none */
  readonly replaced?: ReplacedRun | undefined
}

async function say(
  call: Call,
  input: ParsedInput,
  said: readonly ChatMessage[],
  {
    context = toContextMessages(input),
    replaced,
    options = {
      enableToolCalls: true,
      tools: input.tools,
      instructions: input.instructions,
      replaces: replaced?.run,
    },
    isNeedless,
  }: SayOptions = {},
): Promise<RunToTell> {
  const { key, metadata } = input
  if (said.every(isBlank))
    throw createFieldError('messages', 'must end with a message of the user that is not blank')
  await refuseToWait(call, key, replaced)
  const messages = [...context, ...said]
  const request = createRunRequest({ messages, options, owner: call.owner, metadata })
  await call.sessions.begin(key, request, { isNeedless })
  return { key }
}
