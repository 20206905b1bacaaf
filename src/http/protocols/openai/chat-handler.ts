import type { Agent } from '../../../agent/agent.js'
import { withinMs } from '../../../core/work-limit.js'
import type { RunRequest, TerminalEvent } from '../../../run/events.js'
import type { RunKey } from '../../../run/run-log.js'
import { type Answer, createJsonAnswer, toRunHeaders } from '../../answers.js'
import type { Call } from '../../route.js'
import { findAskingRun } from '../waiting-runs.js'
import { toChatCompletion } from './chat-completion.js'
import { createUntoldError, toEndProblem, toRunPath } from './chat-ends.js'
import { type ChatRequest, parseChatRequest } from './chat-request.js'
import { createChatStream } from './chat-stream.js'
import { type OpenAiError, toOpenAiError, toOpenAiErrorAnswer } from './openai-errors.js'

/** `POST chat/completions`: sends an agent a message; answers with a chat completion, or with its chunks on the way. */
export async function handleChatCompletions(call: Call): Promise<Answer> {
  const chat = await parseChatRequest(call)
  try {
    return await answerChat(call, chat)
  } catch (error) {
    call.onError(error)
    return toOpenAiErrorAnswer(error, toRunHeaders(chat.key.session, chat.key.run))
  }
}

async function answerChat(
  call: Call,
  { agent, key, request, stream, includeUsage }: ChatRequest,
): Promise<Answer> {
  const { sessions, settings } = call
  const asking = await findAskingRun(call, key)
  if (asking !== undefined) return createUntoldAnswer(call, asking, 'approval_required')
  await sessions.begin(key, request)
  if (stream) {
    await sessions.settle()
    return createChatStream(call, { key, includeUsage, holdsText: mayChangeText(agent, request) })
  }
  const news = await withinMs(settings.waitLimitMs, (signal) => sessions.waitForNews(key, signal))
  if (typeof news === 'object') return createOutcomeAnswer(call, key, news)
  await sessions.settle()
  return createUntoldAnswer(call, key, news === 'waiting' ? 'approval_required' : 'run_unfinished')
}

/** Whether an answer may be replaced after the model has given it: by one that fits the schema, or by middleware. */
function mayChangeText({ middleware }: Agent, { options }: RunRequest): boolean {
  return options.responseSchema !== undefined || middleware.some(({ afterRun }) => afterRun !== undefined)
}

async function createOutcomeAnswer(call: Call, key: RunKey, outcome: TerminalEvent): Promise<Answer> {
  if (outcome.type !== 'run.completed') {
    const problem = toEndProblem(outcome, key)
    return createFinalError(toOpenAiError(problem), problem.status, key)
  }
  const events = await call.sessions.readRun(key)
  return createJsonAnswer(toChatCompletion(key, events, outcome), 200, toRunHeaders(key.session, key.run))
}

const untoldStatuses = { approval_required: 409, run_unfinished: 504 } as const

function createUntoldAnswer({ url }: Call, key: RunKey, why: keyof typeof untoldStatuses): Answer {
  const base = url.pathname.slice(0, url.pathname.indexOf('/compatible-mode/'))
  const location = `${url.origin}${base}/${toRunPath(key)}`
  return createFinalError(createUntoldError(why, key), untoldStatuses[why], key, { location })
}

/** OpenAI's clients would ask again by themselves, which, without a key, would be one more run. */
function createFinalError(
  error: OpenAiError,
  status: number,
  { session, run }: RunKey,
  headers: Record<string, string> = {},
): Answer {
  const fixed = { ...toRunHeaders(session, run), 'x-should-retry': 'false' }
  return createJsonAnswer({ error }, status, { ...fixed, ...headers })
}
