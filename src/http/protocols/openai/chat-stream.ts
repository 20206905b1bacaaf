import { toProblem } from '../../../core/problem.js'
import type { ServerSentEvent } from '../../../core/sse.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { createSseAnswer } from '../../event-stream.js'
import type { Call } from '../../route.js'
import { createStreamLimit } from '../../stream-limit.js'
import { followAnsweredRun } from '../tell-run.js'
import { type ChatFrame, type ChatTelling, nothingTold, tellChat, toUntoldFrame } from './chat-chunks.js'
import { toOpenAiError } from './openai-errors.js'

/** A run as chunks, from its beginning to its end or the stream's time limit. */
export function createChatStream(call: Call, telling: ChatTelling): Answer {
  const { session, run } = telling.key
  return createSseAnswer(toSseBatches(call, telling), call.settings, toRunHeaders(session, run))
}

async function* toSseBatches(call: Call, telling: ChatTelling): AsyncGenerator<readonly ServerSentEvent[]> {
  try {
    for await (const frames of toFrames(call, telling)) yield frames.map(toSse)
  } catch (error) {
    call.onError(error)
    yield [toSse({ error: toOpenAiError(toProblem(error)) })]
  }
}

function toSse(frame: ChatFrame): ServerSentEvent {
  return { data: typeof frame === 'string' ? frame : JSON.stringify(frame) }
}

async function* toFrames(call: Call, telling: ChatTelling): AsyncGenerator<readonly ChatFrame[]> {
  const limit = createStreamLimit(call)
  let progress = nothingTold
  // What there is already comes as one: what is void in it need not be told.
  for await (const events of followAnsweredRun(call, telling.key, limit)) {
    const told = tellChat(telling, progress, events)
    progress = told.progress
    if (told.frames.length > 0) yield told.frames
    if (progress.isOver) return
  }
  yield [toUntoldFrame('run_unfinished', telling.key)]
}
