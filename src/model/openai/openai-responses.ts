import type { OpenAI } from 'openai'
import { checkCount } from '../../core/check-count.js'
import { checkFlag } from '../../core/check-options.js'
import { sleep as sleepFor } from '../../core/clock.js'
import type { ChatClient, ChatEvent, ChatRequest } from '../chat-client.js'
import { mergeDeltas } from '../merge-deltas.js'
import { toModelError } from '../provider-errors.js'
import type { ModelReply } from '../wire/model-reply.js'
import { readUntilSilent, SilenceLimit } from '../wire/silence-limit.js'
import { type ConnectionSource, resolveConnection } from './openai-connection.js'
import { checkOpenAIOptions, type OpenAICallOptions } from './openai-options.js'
import { createProbe } from './probe.js'
import { ResponsesAnswer } from './responses-answer.js'
import { cancelBackground, streamBackground } from './responses-background.js'
import { createResponse, type ResponsesSettings } from './responses-call.js'

export type OpenAIResponsesClientOptions = ConnectionSource<Pick<OpenAI, 'responses'>> &
  OpenAICallOptions & {
    /**
     * Whether OpenAI keeps the conversation: each call then names the last response and sends only what is new, and
     * compaction has no effect on what the model remembers. Otherwise each call sends everything, reasoning encrypted.
     * @default false
     */
    readonly store?: boolean | undefined
    /** How often a background response is asked for that cannot be streamed. @default 2_000 */
    readonly pollIntervalMs?: number | undefined
    /** Waits. @default a timer; tests give their own */
    readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined
  }

/**
 * A chat client for OpenAI's Responses API, or a server that speaks it. Reasoning is kept with the conversation and sent
 * back as it came; with `background` in the request the provider works on by itself, and a broken stream is resumed where
 * it broke. It asks once: wrap it in `withRetry` to ask again. The `openai` package is loaded by the first call.
 *
 * ```ts
 * const client = withRetry(createOpenAIResponsesClient({ model: 'gpt-5.4', apiKey: process.env.OPENAI_API_KEY }))
 * ```
 *
 * Wire: OpenAI API reference, "Responses"; OpenAI guide "Background mode".
 * @throws {AgentError} `invalid_configuration` when an option cannot be used. Its streams throw `rate_limited` (with
 * `retryAfterMs` when the server gave one), `model_timeout` or `model_error`.
 */
export function createOpenAIResponsesClient(options: OpenAIResponsesClientOptions): ChatClient {
  checkOpenAIOptions('createOpenAIResponsesClient', options, {
    store: true,
    pollIntervalMs: true,
    sleep: true,
  })
  checkFlag('store', options.store)
  checkCount('pollIntervalMs', options.pollIntervalMs)
  const { model, stream = true, timeoutMs = 300_000, store = false } = options
  const { pollIntervalMs = 2_000, sleep = sleepFor } = options
  const connection = resolveConnection<Pick<OpenAI, 'responses'>>(options)
  const findings = { refusesEncryptedReasoning: false }
  const settings = { model, stream, timeoutMs, store, pollIntervalMs, sleep, findings, ...connection }
  return {
    model,
    provider: 'openai',
    stream: (request, callOptions = {}) =>
      request.background || request.continuation !== undefined
        ? streamBackground(settings, request, callOptions)
        : streamAnswer(settings, request, callOptions.signal),
    cancel: (continuation, { signal } = {}) => cancelBackground(settings, continuation, signal),
    ...createProbe(connection, model),
  }
}

async function* streamAnswer(
  settings: ResponsesSettings,
  request: ChatRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChatEvent> {
  const limit = new SilenceLimit(settings.timeoutMs, signal)
  const answer = new ResponsesAnswer({ model: settings.model, chains: settings.store })
  try {
    yield* readReply(await createResponse(settings, request, limit), answer, limit)
    signal?.throwIfAborted()
    yield answer.complete()
  } catch (error) {
    limit.signal.throwIfAborted()
    throw toModelError(error)
  } finally {
    limit.end()
  }
}

async function* readReply(
  { batches, whole }: ModelReply,
  answer: ResponsesAnswer,
  limit: SilenceLimit,
): AsyncGenerator<ChatEvent> {
  if (batches === undefined) {
    answer.addResponse(whole)
    yield* answer.toDeltas()
    return
  }
  try {
    // Read to the end although the answer is whole before it: a connection that is left earlier cannot serve the next call.
    for await (const batch of readUntilSilent(batches, limit)) yield* mergeDeltas(addAll(answer, batch))
  } catch (error) {
    if (!answer.hasEnded) throw error
  }
}

function* addAll(answer: ResponsesAnswer, events: readonly unknown[]): Generator<ChatEvent> {
  for (const event of events) {
    const delta = answer.addEvent(event)
    if (delta !== undefined) yield delta
  }
}
