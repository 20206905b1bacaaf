import { toProblem } from '../../../../core/problem.js'
import type { Answer } from '../../../answers.js'
import type { Call } from '../../../route.js'
import { createStreamLimit } from '../../../stream-limit.js'
import { createFrameStream } from '../../frame-stream.js'
import { followAnsweredRun } from '../../tell-run.js'
import { toOpenAiError } from '../openai-errors.js'
import { type ChatFrame, type ChatTelling, nothingTold, tellChat, toUntoldFrame } from './chat-chunks.js'

/** A run as chunks, from its beginning to its end or the stream's time limit. */
export function createChatStream(call: Call, telling: ChatTelling): Answer {
  return createFrameStream(call, {
    key: telling.key,
    batches: toFrames(call, telling),
    toErrorData: (error): ChatFrame => ({ error: toOpenAiError(toProblem(error)) }),
  })
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
