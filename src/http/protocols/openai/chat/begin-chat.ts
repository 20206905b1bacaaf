import type { Agent } from '../../../../agent/agent.js'
import { type RunOptions, toRunRequest } from '../../../../run/events.js'
import type { RunKey } from '../../../../run/run-log.js'
import type { Call } from '../../../route.js'
import { answerBeforeMessage } from '../../answer-before-message.js'
import { answerRun } from '../../answer-run.js'
import { hasSession } from '../../has-session.js'
import { findAskingRun } from '../../waiting-runs.js'
import { checkSameOptions } from '../check-same-options.js'
import { requireConversation } from '../require-conversation.js'
import type { ChatPlace } from './chat-completion.js'
import { fromBeginning, toChatStart } from './chat-start.js'
import type { ChatAsked, ChatRequest } from './parse-chat-request.js'

/** What came of a request: a run that is told, or the earlier one that its message would have to wait for. */
export type BegunChat =
  | { readonly type: 'begun'; readonly place: ChatPlace }
  | { readonly type: 'asking'; readonly key: RunKey }

/** Begins a run, or gives one what its caller's tools gave. A request that is repeated finds what it did before. */
export function beginChat(call: Call, chat: ChatRequest): Promise<BegunChat> {
  const { asked } = chat
  return asked.type === 'message' ? say(call, chat, asked) : takeResults(call, chat, asked)
}

/** What a run has to answer in is the caller's to say, or else the agent's own. */
function isTyped({ responseFormat }: Agent, { responseSchema }: RunOptions): boolean {
  return (responseSchema ?? responseFormat) !== undefined
}

/** Results ahead of a message end the run that has waited for them alone; those of somebody else's run are history. */
async function say(
  call: Call,
  { agent, key }: ChatRequest,
  { request, before }: Extract<ChatAsked, { type: 'message' }>,
): Promise<BegunChat> {
  if (before !== undefined && (await hasSession(call, before.key)))
    await answerBeforeMessage(call, before.key, { decisions: [], results: before.results })
  const asking = await findAskingRun(call, key)
  if (asking !== undefined) return { type: 'asking', key: asking }
  await call.sessions.begin(key, request)
  return { type: 'begun', place: { key, start: fromBeginning, isTyped: isTyped(agent, request.options) } }
}

async function takeResults(
  call: Call,
  { agent, key }: ChatRequest,
  { results, options: asked }: Extract<ChatAsked, { type: 'results' }>,
): Promise<BegunChat> {
  await requireConversation(call, key, results[0]?.path ?? 'messages')
  const request = toRunRequest(await call.sessions.readRun(key))
  const options = request?.options ?? asked
  checkSameOptions(asked, options, { format: 'response_format', instructions: 'messages' })
  const answered = await answerRun(call, key, { decisions: [], results })
  return { type: 'begun', place: { key, start: toChatStart(answered), isTyped: isTyped(agent, options) } }
}
