import { toTimestamp } from '../core/clock.js'
import type { Content } from '../core/messages.js'
import { type ServerSentEvent, toSseComment, toSseText } from '../core/sse.js'
import { isTerminal, type RunEventType, type StepCompleted, type StoredEvent } from '../run/events.js'
import type { RunKey } from '../run/run-log.js'
import type { Answer } from './answers.js'
import type { Call, HttpSettings } from './route.js'
import { createStreamLimit } from './stream-limit.js'

export interface EventStreamOptions {
  /** The last event that the reader has; -1 for none. */
  readonly after: number
  /** Whether to say of each event when it was recorded: `at` in its data, ISO 8601 UTC. @default false */
  readonly times?: boolean | undefined
  readonly headers: Record<string, string>
}

/** A run's events as server-sent events, from the one after `after`, to the run's end or the stream's time limit. */
export function createEventStream(
  call: Call,
  key: RunKey,
  { after, times = false, headers }: EventStreamOptions,
): Answer {
  const events = call.sessions.follow(key, after, createStreamLimit(call))
  return createSseAnswer(toSseBatches(events, times), call.settings, headers)
}

/**
 * Events as they come. The first bytes go out at once, because headers leave only with them, and a comment whenever
 * nothing else was sent for a while. Not every Functions host lets be seen that a reader has left, so `batches` must end.
 */
export function createSseAnswer(
  batches: AsyncIterable<readonly ServerSentEvent[]>,
  { heartbeatMs }: HttpSettings,
  headers: Record<string, string>,
): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      ...headers,
    },
    body: ReadableStream.from(toSseChunks(batches, heartbeatMs)),
  }
}

async function* toSseBatches(
  batches: AsyncIterable<readonly StoredEvent[]>,
  times: boolean,
): AsyncGenerator<readonly ServerSentEvent[]> {
  for await (const batch of batches) {
    yield batch.map(({ id, type, data, at }) => {
      const more = times ? { at: toTimestamp(at) } : undefined
      return { id: String(id), event: type, data: toShownData(type, data, more) }
    })
    if (batch.some(isTerminal)) return
  }
}

async function* toSseChunks(
  batches: AsyncIterable<readonly ServerSentEvent[]>,
  heartbeatMs: number,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(toSseComment('open'))
  for await (const batch of withHeartbeat(batches, heartbeatMs)) {
    yield encoder.encode(batch === undefined ? toSseComment('alive') : batch.map(toSseText).join(''))
  }
}

/** Security: what providers tell the model and keep for themselves is not the caller's to read; only that it happened is told. */
const withheld: readonly string[] = [
  'run.prepared',
  'state.changed',
  'step.continued',
] satisfies readonly RunEventType[]

/** An event's data as its readers get it, and `more`. What only the model's provider reads is left out: it is much, and nobody else's; and so is where in a trace the app stands. */
export function toShownData(type: string, data: object, more?: object): string {
  const shown = toShown(type, data)
  return JSON.stringify(more === undefined ? shown : { ...shown, ...more })
}

function toShown(type: string, data: object): object {
  if (withheld.includes(type)) return {}
  if (type === 'run.accepted') return { ...data, trace: undefined, inherited: undefined }
  if (type === 'run.started') return { ...data, trace: undefined }
  return type === 'step.completed' ? toShownStep(data as StepCompleted) : data
}

function toShownStep({ message, ...step }: StepCompleted): object {
  const contents = message.contents.filter(({ type }) => type !== 'provider').map(toShownContent)
  return { ...step, message: { ...message, contents } }
}

function toShownContent(content: Content): object {
  if (!('providerData' in content)) return content
  const { providerData: _providerData, ...shown } = content
  return shown
}

/** Passes on what `source` yields, and `undefined` whenever it has been silent for a while. */
async function* withHeartbeat<T>(source: AsyncIterable<T>, silenceMs: number): AsyncGenerator<T | undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  while (true) {
    const result = await raceSilence(next, silenceMs)
    if (result === undefined) {
      yield undefined
    } else {
      if (result.done) return
      yield result.value
      next = iterator.next()
    }
  }
}

function raceSilence<T>(next: Promise<T>, silenceMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), silenceMs)
    next.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
