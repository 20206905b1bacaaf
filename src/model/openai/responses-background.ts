import type { ChatEvent, ChatOptions, ChatRequest } from '../chat-client.js'
import { readStatus, toModelError } from '../provider-errors.js'
import { SilenceLimit } from '../wire/silence-limit.js'
import { parseContinuationToken } from './continuation-token.js'
import { cancelResponse, type ResponsesSettings } from './responses-call.js'
import { ResponsesReader } from './responses-reader.js'

/**
 * Asks for a response that the provider makes by itself, or comes back to one. A stream that breaks is resumed after the
 * last event that was seen; a response that cannot be streamed is asked for from time to time.
 * Wire: OpenAI guide "Background mode"; OpenAI API reference, "Get a model response", `stream` and `starting_after`.
 * @throws {AgentError} `invalid_request` for a foreign token; otherwise as any model call.
 */
export async function* streamBackground(
  settings: ResponsesSettings,
  request: ChatRequest,
  options: ChatOptions,
): AsyncGenerator<ChatEvent> {
  const reader = new ResponsesReader(settings, options)
  try {
    if (request.continuation === undefined) yield* reader.begin(request)
    else yield* reader.comeBack(parseContinuationToken(request.continuation))
    yield* reader.end()
  } catch (error) {
    if (reader.isLost) yield { type: 'continuation' }
    throw error
  }
}

/** Ends the work on a background response; nothing happens when that is over. @throws as {@link streamBackground}. */
export async function cancelBackground(
  settings: ResponsesSettings,
  continuation: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { response } = parseContinuationToken(continuation)
  const limit = new SilenceLimit(settings.timeoutMs, signal)
  try {
    await cancelResponse(settings, response, limit)
  } catch (error) {
    limit.signal.throwIfAborted()
    // Whatever has ended, or is forgotten, need not be ended.
    const status = readStatus(error)
    if (status !== 400 && status !== 404 && status !== 409) throw toModelError(error)
  } finally {
    limit.end()
  }
}
