import { toProblem } from '../../../core/problem.js'
import type { Answer } from '../../answers.js'
import type { Call } from '../../route.js'
import { createFrameStream } from '../frame-stream.js'
import { type RunToTell, tellRun } from '../tell-run.js'
import { AnswerTeller } from './answer-teller.js'
import type { UiChunk } from './ui-chunks.js'

/** A run's answer as a UI message stream. Source: `ai` 7, `UI_MESSAGE_STREAM_HEADERS`, `JsonToSseTransformStream`. */
export function createChunkStream(call: Call, begun: RunToTell): Answer {
  const { key, told = [], answered } = begun
  const teller = new AnswerTeller(key, told.length > 0 ? answered : [])
  return createFrameStream(call, {
    key,
    batches: tellRun(call, key, teller, begun),
    toErrorData: (error): UiChunk => ({ type: 'error', errorText: toProblem(error).detail }),
    end: '[DONE]',
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
  })
}
