import type { Agent } from '../../../../agent/agent.js'
import { toRunPath } from '../../../../core/session-paths.js'
import { withinMs } from '../../../../core/work-limit.js'
import type { TerminalEvent } from '../../../../run/events.js'
import { fold } from '../../../../run/fold.js'
import type { RunKey } from '../../../../run/run-log.js'
import { toOpenApprovals, toOpenCalls } from '../../../../run/waiting.js'
import { type Answer, createJsonAnswer, toRunHeaders } from '../../../answers.js'
import type { Call } from '../../../route.js'
import { toEndProblem } from '../../../run-answer.js'
import { type OpenAiError, toOpenAiError, toOpenAiErrorAnswer } from '../openai-errors.js'
import { toToldEnd } from '../told-end.js'
import { beginChat } from './begin-chat.js'
import { type ChatPlace, toCallingCompletion, toChatCompletion } from './chat-completion.js'
import { createUntoldError } from './chat-ends.js'
import { createChatStream } from './chat-stream.js'
import { type ChatRequest, parseChatRequest } from './parse-chat-request.js'

/** `POST chat/completions`: sends an agent a message; answers with a chat completion, or with its chunks on the way. */
export async function handleChatCompletions(call: Call): Promise<Answer> {
  const chat = await parseChatRequest(call)
  try {
    return await answerChat(call, chat)
  } catch (error) {
    call.onError(error)
    return toOpenAiErrorAnswer(error, toRunHeaders(chat.key))
  }
}

async function answerChat(call: Call, chat: ChatRequest): Promise<Answer> {
  const { agent, stream, includeUsage } = chat
  const begun = await beginChat(call, chat)
  if (begun.type === 'asking') return createWaitingAnswer(call, begun.key)
  const { place } = begun
  if (!stream) return answerAtEnd(call, place)
  await call.sessions.settle()
  return createChatStream(call, { ...place, includeUsage, holdsText: mayChangeText(agent, place) })
}

async function answerAtEnd(call: Call, place: ChatPlace): Promise<Answer> {
  const { sessions, settings } = call
  const { key } = place
  const news = await withinMs(settings.waitLimitMs, (signal) => sessions.waitForNews(key, signal))
  if (typeof news === 'object') return createOutcomeAnswer(call, place, news)
  await sessions.settle()
  if (news === undefined) return createUntoldAnswer(call, key, 'run_unfinished')
  const state = await sessions.readStanding(key)
  if (toOpenCalls(state).length === 0) {
    // Somebody else may just have answered what it has asked.
    const isHuman = toOpenApprovals(state).length > 0
    return createUntoldAnswer(call, key, isHuman ? 'approval_required' : 'run_unfinished')
  }
  const completion = toCallingCompletion(place, await sessions.readRun(key), state)
  return createJsonAnswer(completion, 200, toRunHeaders(key))
}

/** The answer to a message that would have to wait for what an earlier run has asked. */
async function createWaitingAnswer(call: Call, asking: RunKey): Promise<Answer> {
  const isHuman = toOpenApprovals(await call.sessions.readStanding(asking)).length > 0
  return createUntoldAnswer(call, asking, isHuman ? 'approval_required' : 'results_required')
}

/** Whether an answer may be replaced after the model has given it: by one that fits the schema, or by middleware. */
function mayChangeText({ middleware }: Agent, { isTyped }: ChatPlace): boolean {
  return isTyped || middleware.some(({ afterRun }) => afterRun !== undefined)
}

async function createOutcomeAnswer(call: Call, place: ChatPlace, outcome: TerminalEvent): Promise<Answer> {
  const { key } = place
  const events = await call.sessions.readRun(key)
  const end = toToldEnd(fold(events), outcome)
  if (end.answer === undefined) {
    const problem = toEndProblem(end.failure, key)
    return createFinalError(toOpenAiError(problem), problem.status, key)
  }
  const completion = toChatCompletion(place, events, end.answer)
  return createJsonAnswer(completion, 200, toRunHeaders(key))
}

const untoldStatuses = { approval_required: 409, results_required: 409, run_unfinished: 504 } as const

function createUntoldAnswer({ url }: Call, key: RunKey, why: keyof typeof untoldStatuses): Answer {
  const base = url.pathname.slice(0, url.pathname.indexOf('/compatible-mode/'))
  const location = `${url.origin}${base}${toRunPath(key)}`
  return createFinalError(createUntoldError(why, key), untoldStatuses[why], key, { location })
}

/** OpenAI's clients would ask again by themselves, which, without a key, would be one more run. */
function createFinalError(
  error: OpenAiError,
  status: number,
  key: RunKey,
  headers: Record<string, string> = {},
): Answer {
  const fixed = { ...toRunHeaders(key), 'x-should-retry': 'false' }
  return createJsonAnswer({ error }, status, { ...fixed, ...headers })
}
