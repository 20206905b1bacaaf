import { toProblem } from '../../../core/problem.js'
import type { ServerSentEvent } from '../../../core/sse.js'
import { type Answer, toRunHeaders } from '../../answers.js'
import { createSseAnswer } from '../../event-stream.js'
import type { Call } from '../../route.js'
import { type RunToTell, tellRun } from '../tell-run.js'
import { AnswerTeller } from './answer-teller.js'
import type { UiChunk } from './ui-chunks.js'

/** A run's answer as a UI message stream. Source: `ai` 7, `UI_MESSAGE_STREAM_HEADERS`, `JsonToSseTransformStream`. */
export function createChunkStream(call: Call, begun: RunToTell): Answer {
  const { session, run } = begun.key
  return createSseAnswer(toSseBatches(call, begun), call.settings, {
    ...toRunHeaders(session, run),
    'x-vercel-ai-ui-message-stream': 'v1',
  })
}

async function* toSseBatches(call: Call, begun: RunToTell): AsyncGenerator<readonly ServerSentEvent[]> {
  const { key } = begun
  try {
    for await (const chunks of tellRun(call, key, new AnswerTeller(key), begun)) yield chunks.map(toSse)
  } catch (error) {
    call.onError(error)
    yield [toSse({ type: 'error', errorText: toProblem(error).detail })]
  }
  yield [{ data: '[DONE]' }]
}

function toSse(chunk: UiChunk): ServerSentEvent {
  return { data: JSON.stringify(chunk) }
}
