import { hasCode } from '../../../core/errors.js'
import type { ChatMessage } from '../../../core/messages.js'
import type { RunKey, SessionKey } from '../../../run/run-log.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import { createFieldError } from '../../request-errors.js'
import type { Call } from '../../route.js'
import { answerBeforeMessage } from '../answer-before-message.js'
import { type AnsweredRun, answerRun, decideRun, leaveOutPast, toDecidedRun } from '../decide-run.js'
import type { TellingFrom } from '../tell-run.js'
import { createWaitError, refuseToWait } from '../waiting-runs.js'
import { findAttempt } from './find-attempt.js'
import type { ParsedChat } from './parse-chat.js'

/** A run that answers a chat, and from where on it is told. */
export interface BegunChat {
  readonly key: RunKey
  readonly from: TellingFrom
}

/** Takes what is answered and what is said. A request that is repeated finds what it did before. */
export async function beginChat(call: Call, chat: ParsedChat): Promise<BegunChat> {
  if (chat.messages.length === 0) {
    const answered = await answer(call, chat)
    return { key: answered.key, from: answered }
  }
  await answerAhead(call, chat)
  const key = { ...chat.session, run: await chooseRun(call, chat) }
  await begin(call, chat, key)
  return { key, from: {} }
}

function answer(
  call: Call,
  { session, answers: { run = '', ...answers } }: ParsedChat,
): Promise<AnsweredRun> {
  return answers.results.length > 0
    ? answerRun(call, { ...session, run }, answers)
    : decideRun(call, session, answers.decisions)
}

/** Takes what is answered ahead of a new message, as far as it is not too late. @throws {AgentError} `session_busy` when the message would have to wait. */
async function answerAhead(call: Call, { session, answers, options }: ParsedChat): Promise<void> {
  const decisions = await leaveOutPast(call, session, answers.decisions)
  const { results, run = toDecidedRun(decisions) } = answers
  if (decisions.length + results.length === 0) return
  const key = { ...session, run }
  if (!(await answerBeforeMessage(call, key, { decisions, results }, options.onBusy)))
    throw createWaitError(key)
}

async function begin(call: Call, chat: ParsedChat, key: RunKey): Promise<void> {
  const { options, messageId, messages } = chat
  if (options.onBusy !== 'interrupt') await refuseToWait(call, key)
  const request = createRunRequest({
    messages: await chooseMessages(call, chat, key),
    options,
    owner: call.owner,
  })
  try {
    await call.sessions.begin(key, request)
  } catch (error) {
    if (!hasCode(error, 'idempotency_conflict') || messageId !== messages.at(-1)?.messageId) throw error
    throw createFieldError(
      'messageId',
      'names a message that was taken before: what was said cannot be changed',
    )
  }
}

/**
 * A client that could not send a message shows it all the same, and sends it together with the next: of those before the
 * last the ones count that no run has taken. The first request to do so decides which these are.
 */
async function chooseMessages(
  call: Call,
  { messages }: ParsedChat,
  key: RunKey,
): Promise<readonly ChatMessage[]> {
  const earlier = messages.slice(0, -1)
  const last = messages.slice(-1).map((message) => ({ ...message, messageId: key.run }))
  if (earlier.length === 0) return last
  const [accepted] = await call.sessions.readRun(key)
  if (accepted?.type !== 'run.accepted') return [...(await leaveOutTaken(call, key, earlier)), ...last]
  const taken = new Set(accepted.data.messages.map(({ messageId }) => messageId))
  return [...earlier.filter(({ messageId }) => taken.has(messageId)), ...last]
}

/** The messages after the last that has a run: with that run those before it were taken too. */
async function leaveOutTaken(
  { sessions }: Call,
  session: SessionKey,
  messages: readonly ChatMessage[],
): Promise<readonly ChatMessage[]> {
  const runs = await Promise.all(
    messages.map(({ messageId = '' }) => sessions.readRun({ ...session, run: messageId })),
  )
  return messages.slice(runs.findLastIndex((events) => events.length > 0) + 1)
}

/** The run of the user's last message. */
async function chooseRun(call: Call, { session, run, messages, trigger }: ParsedChat): Promise<string> {
  const named = run ?? messages.at(-1)?.messageId ?? ''
  if (trigger === 'submit-message' || run !== undefined) return named
  return findAttempt(call, session, named)
}
