import type { ChatMessage } from '../../../core/messages.js'
import { toRunRequest } from '../../../run/events.js'
import { fold } from '../../../run/fold.js'
import type { RunKey, SessionKey } from '../../../run/run-log.js'
import { toOpenApprovals } from '../../../run/waiting.js'
import { createRunRequest } from '../../../session/client/run-request.js'
import type { Call } from '../../route.js'
import { answerBeforeMessage } from '../answer-before-message.js'
import { answerRun, isNone, type PlacedDecision, toDecidedRun } from '../answer-run.js'
import type { RunToTell } from '../tell-run.js'
import { createWaitError, refuseToWait } from '../waiting-runs.js'
import type { ParsedChat } from './parse-chat.js'
import { type Said, sayAnew } from './say-anew.js'

/** Takes what is answered and what is said. A request that is repeated finds what it did before. */
export async function beginChat(call: Call, chat: ParsedChat): Promise<RunToTell> {
  if (chat.messages.length === 0) return answer(call, chat)
  await answerAhead(call, chat)
  const { run, request, replaced } = (await sayAnew(call, chat)) ?? (await sayNew(call, chat))
  const key = { ...chat.session, run }
  if (request.options.onBusy !== 'interrupt') await refuseToWait(call, key, replaced)
  await call.sessions.begin(key, request)
  return { key }
}

function answer(call: Call, { session, answers }: ParsedChat): Promise<RunToTell> {
  const { run = '', decisions, results } = answers
  return answerRun(call, { ...session, run: results.length > 0 ? run : toDecidedRun(decisions) }, answers)
}

/** Takes what is answered ahead of a new message, as far as it is not too late. @throws {AgentError} `session_busy` when the message would have to wait. */
async function answerAhead(call: Call, chat: ParsedChat): Promise<void> {
  const { session, answers, options } = chat
  const decisions = await leaveOutPast(call, chat)
  const due = { ...answers, decisions }
  if (isNone(due)) return
  const key = { ...session, run: answers.run ?? toDecidedRun(decisions) }
  if (!(await answerBeforeMessage(call, key, due, options.onBusy))) throw createWaitError(key)
}

/** Of the decisions that a conversation shows, those that a run still waits for: the others are history. */
async function leaveOutPast(
  { sessions }: Call,
  { session, answers: { decisions } }: ParsedChat,
): Promise<readonly PlacedDecision[]> {
  if (decisions.length === 0) return []
  const open = toOpenApprovals(fold(await sessions.readRun({ ...session, run: toDecidedRun(decisions) })))
  const isOpen = ({ approvalId }: PlacedDecision) => open.some((one) => one.approvalId === approvalId)
  return decisions.filter(isOpen).map((one) => ({ ...one, isWaived: true }))
}

async function sayNew(call: Call, chat: ParsedChat): Promise<Said> {
  const { session, options } = chat
  const run = chat.run ?? chat.messages.at(-1)?.messageId ?? ''
  const messages = await chooseMessages(call, chat, { ...session, run })
  return { run, request: createRunRequest({ messages, options, owner: call.owner }) }
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
  const begun = toRunRequest(await call.sessions.readRun(key))
  if (begun === undefined) return [...(await leaveOutTaken(call, key, earlier)), ...last]
  const taken = new Set(begun.messages.map(({ messageId }) => messageId))
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
