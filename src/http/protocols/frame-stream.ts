import type { ServerSentEvent } from '../../core/sse.js'
import type { RunKey } from '../../run/run-log.js'
import { type Answer, toRunHeaders } from '../answers.js'
import { createSseAnswer } from '../event-stream.js'
import type { Call } from '../route.js'

/** What is told of a run as it comes. */
export interface FrameStream<Frame> {
  readonly key: RunKey
  readonly batches: AsyncIterable<readonly Frame[]>
  /** What a frame is on the wire: text as it is, all else as JSON. @default itself */
  readonly toData?: (frame: Frame) => unknown
  /** What ends the frames when something goes wrong on the way. */
  readonly toErrorData: (error: unknown) => unknown
  /** What comes last, also then. @default nothing */
  readonly end?: string
  /** Beside those that every answer about a run carries. @default none */
  readonly headers?: Record<string, string>
}

/** Answers with frames, each of which is an event. */
export function createFrameStream<Frame>(call: Call, stream: FrameStream<Frame>): Answer {
  const headers = { ...toRunHeaders(stream.key), ...stream.headers }
  return createSseAnswer(toSseBatches(call, stream), call.settings, headers)
}

async function* toSseBatches<Frame>(
  call: Call,
  { batches, toData = (frame) => frame, toErrorData, end }: FrameStream<Frame>,
): AsyncGenerator<readonly ServerSentEvent[]> {
  try {
    for await (const frames of batches) yield frames.map((frame) => toSse(toData(frame)))
  } catch (error) {
    call.onError(error)
    yield [toSse(toErrorData(error))]
  }
  if (end !== undefined) yield [toSse(end)]
}

function toSse(data: unknown): ServerSentEvent {
  return { data: typeof data === 'string' ? data : JSON.stringify(data) }
}
