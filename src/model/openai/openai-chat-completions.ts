import type { OpenAI } from 'openai'
import type { ChatClient, ChatEvent, ChatRequest } from '../chat-client.js'
import { mergeDeltas } from '../merge-deltas.js'
import { readStatus, toModelError } from '../provider-errors.js'
import { type ModelReply, readReply } from '../wire/model-reply.js'
import { readUntilSilent, SilenceLimit } from '../wire/silence-limit.js'
import { ChatCompletionsAnswer } from './chat-completions-answer.js'
import { hasMemberData } from './chat-completions-provider-data.js'
import { toChatCompletionsBody } from './chat-completions-request.js'
import { type Connection, type ConnectionSource, resolveConnection } from './openai-connection.js'
import { checkOpenAIOptions, type OpenAICallOptions } from './openai-options.js'
import { createProbe } from './probe.js'

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
  checkOpenAIOptions('createOpenAIChatClient', options, {})
  const { model, stream = true, timeoutMs = 300_000 } = options
  const connection = resolveConnection(options)
  const findings = { refusesMemberData: false, refusesMaxTokens: connection.isOpenAI }
  const settings: CallSettings = { model, stream, timeoutMs, findings, ...connection }
  return {
    model,
    provider: 'openai',
    stream: (request, { signal } = {}) => streamAnswer(settings, request, signal),
    ...createProbe(connection, model),
  }
}

interface CallSettings extends Connection<Pick<OpenAI, 'chat'>> {
  readonly model: string
  readonly stream: boolean
  readonly timeoutMs: number
  /** What this model has turned out not to take. */
  readonly findings: { refusesMemberData: boolean; refusesMaxTokens: boolean }
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
    const { batches, whole } = await ask(settings, request, limit)
    if (batches === undefined) yield* answer.add(whole)
    else yield* readChunks(batches, answer, limit)
    signal?.throwIfAborted()
    yield answer.complete()
  } catch (error) {
    limit.signal.throwIfAborted()
    throw toModelError(error)
  } finally {
    limit.end()
  }
}

async function* readChunks(
  batches: AsyncIterable<readonly unknown[]>,
  answer: ChatCompletionsAnswer,
  limit: SilenceLimit,
): AsyncGenerator<ChatEvent> {
  try {
    for await (const batch of readUntilSilent(batches, limit)) {
      for (const event of mergeDeltas(addAll(answer, batch))) yield event
    }
  } catch (error) {
    // An answer that is there is not asked for again because its usage, or the end of the stream, is not.
    if (!answer.hasEnded) throw error
  }
}

function* addAll(answer: ChatCompletionsAnswer, chunks: readonly unknown[]): Generator<ChatEvent> {
  for (const chunk of chunks) yield* answer.add(chunk)
}

/** Asks. A server that does not know `max_tokens` is asked again by the newer name, and so from then on. */
async function ask(settings: CallSettings, request: ChatRequest, limit: SilenceLimit): Promise<ModelReply> {
  const { findings } = settings
  try {
    return await askInContext(settings, request, limit)
  } catch (error) {
    if (findings.refusesMaxTokens || !refusesMaxTokens(error)) throw error
    findings.refusesMaxTokens = true
    return askInContext(settings, request, limit)
  }
}

function refusesMaxTokens(error: unknown): boolean {
  return error instanceof Error && 'param' in error && error.param === 'max_tokens'
}

/** Likewise a server that takes back nothing of what its model thought. */
async function askInContext(
  settings: CallSettings,
  request: ChatRequest,
  limit: SilenceLimit,
): Promise<ModelReply> {
  const { model, findings } = settings
  if (findings.refusesMemberData || !hasMemberData(request.messages, model)) {
    return askWith(settings, { request, sendsMemberData: false }, limit)
  }
  try {
    return await askWith(settings, { request, sendsMemberData: true }, limit)
  } catch (error) {
    const status = readStatus(error)
    if ((status !== 400 && status !== 422) || refusesMaxTokens(error)) throw error
    const without = { request, sendsMemberData: false }
    const reply = await askWith(settings, without, limit).catch(() => Promise.reject(error))
    findings.refusesMemberData = true
    return reply
  }
}

async function askWith(
  { model, stream, timeoutMs, isOurs, connect, findings }: CallSettings,
  { request, sendsMemberData }: { readonly request: ChatRequest; readonly sendsMemberData: boolean },
  limit: SilenceLimit,
): Promise<ModelReply> {
  const maxTokensName = findings.refusesMaxTokens ? 'max_completion_tokens' : 'max_tokens'
  const body = toChatCompletionsBody(request, { model, stream, sendsMemberData, maxTokensName })
  const { chat } = await limit.wait(connect())
  const call = chat.completions.create(body, { signal: limit.signal, maxRetries: 0, timeout: timeoutMs })
  return readReply(call, { limit, raw: isOurs && stream })
}
