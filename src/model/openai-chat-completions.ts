import type { OpenAI } from 'openai'
import type { ChatClient, ChatEvent, ChatRequest } from './chat-client.js'
import { ChatCompletionsAnswer } from './chat-completions-answer.js'
import { toChatCompletionsBody } from './chat-completions-request.js'
import { type ConnectionSource, resolveConnection } from './openai-connection.js'
import type { OpenAICallOptions } from './openai-options.js'
import { toModelError } from './provider-errors.js'
import { readUntilSilent, SilenceLimit } from './silence-limit.js'

export type OpenAIChatClientOptions = ConnectionSource<Pick<OpenAI, 'chat'>> & OpenAICallOptions

/**
 * A chat client for OpenAI, or for any server that speaks the Chat Completions API. It asks once: wrap it in
 * `withRetry` to ask again. The `openai` package is loaded by the first call.
 *
 * ```ts
 * const client = withRetry(createOpenAIChatClient({ model: 'gpt-5.4-mini', apiKey: process.env.OPENAI_API_KEY }))
 * const local = createOpenAIChatClient({ model: 'qwen3', baseUrl: 'http://localhost:11434/v1' })
 * ```
 *
 * Wire: OpenAI API reference, "Create chat completion" and "Streaming".
 * @throws {AgentError} `invalid_configuration` when an option cannot be used. Its streams throw `rate_limited` (with
 * `retryAfterMs` when the server gave one), `model_timeout` or `model_error`.
 */
export function createOpenAIChatClient(options: OpenAIChatClientOptions): ChatClient {
  const { model, stream = true, timeoutMs = 300_000 } = options
  const settings: CallSettings = { model, stream, timeoutMs, connect: resolveConnection(options) }
  return { model, stream: (request, { signal } = {}) => streamAnswer(settings, request, signal) }
}

interface CallSettings {
  readonly model: string
  readonly stream: boolean
  readonly timeoutMs: number
  readonly connect: () => Promise<Pick<OpenAI, 'chat'>>
}

async function* streamAnswer(
  settings: CallSettings,
  request: ChatRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChatEvent> {
  const { model } = settings
  const limit = new SilenceLimit(settings.timeoutMs, signal)
  const answer = new ChatCompletionsAnswer({ model, messages: request.messages })
  try {
    for await (const chunk of readChunks(settings, request, limit)) yield* answer.add(chunk)
    yield answer.complete()
  } catch (error) {
    limit.signal.throwIfAborted()
    throw toModelError(error)
  } finally {
    limit.end()
  }
}

/** The chunks of the answer, or the whole answer as the only one. */
async function* readChunks(
  { model, stream, timeoutMs, connect }: CallSettings,
  request: ChatRequest,
  limit: SilenceLimit,
): AsyncGenerator<unknown> {
  const body = toChatCompletionsBody(request, { model, stream })
  const { chat } = await limit.wait(connect())
  const call = chat.completions.create(body, { signal: limit.signal, maxRetries: 0, timeout: timeoutMs })
  const response = await limit.wait(call)
  if (isIterable(response)) yield* readUntilSilent(response, limit)
  else yield response
}

// A server that cannot stream may answer whole although it was asked for chunks.
function isIterable(response: unknown): response is AsyncIterable<unknown> {
  return typeof response === 'object' && response !== null && Symbol.asyncIterator in response
}
