import type { LanguageModelV4 } from '@ai-sdk/provider'
import { checkOptions, describeGiven, refuse } from '../core/check-options.js'
import { AISDKAnswer } from './ai-sdk/answer.js'
import { toCallOptions } from './ai-sdk/call.js'
import { toAISDKError } from './ai-sdk/errors.js'
import { toProviderName } from './ai-sdk/provider.js'
import type { ChatClient, ChatEvent, ChatRequest } from './chat-client.js'
import type { OpenAICallOptions } from './openai/openai-options.js'
import { readUntilSilent, SilenceLimit } from './wire/silence-limit.js'

export type AISDKChatClientOptions = Pick<OpenAICallOptions, 'stream' | 'timeoutMs'>

/**
 * A chat client for a language model of the Vercel AI SDK, which has a provider for nearly every model there is. It asks
 * once: wrap it in `withRetry` to ask again; the AI SDK itself does not.
 *
 * ```ts
 * import { anthropic } from '@ai-sdk/anthropic'
 *
 * const client = withRetry(createAISDKChatClient(anthropic('claude-sonnet-4-5')))
 * ```
 *
 * Interface: `LanguageModelV4` of `@ai-sdk/provider` 4, as the providers for `ai` 7 implement it.
 * @throws {AgentError} `invalid_configuration` when the model has another interface, or for options that there are not. Its streams throw `rate_limited`,
 * `model_timeout`, `model_error`, or `invalid_configuration` when the provider lacks its key.
 */
export function createAISDKChatClient(
  model: LanguageModelV4,
  options: AISDKChatClientOptions = {},
): ChatClient {
  checkOptions('createAISDKChatClient', options, { stream: true, timeoutMs: true })
  const { stream = true, timeoutMs = 300_000 } = options
  checkVersion(model)
  const settings = { model, stream, timeoutMs }
  return {
    model: model.modelId,
    provider: toProviderName(model.provider),
    stream: (request, { signal } = {}) => streamAnswer(settings, request, signal),
  }
}

// Providers for other releases of the AI SDK look alike, and fail in the middle of a conversation.
function checkVersion(
  model: Pick<LanguageModelV4, 'provider'> & { readonly specificationVersion: string },
): void {
  if (model?.specificationVersion === 'v4') return
  if (typeof model?.specificationVersion === 'string') {
    const { specificationVersion, provider } = model
    refuse(
      `The model of "${provider}" has interface ${specificationVersion}; v4 is needed. Install the provider's release for ai 7.`,
    )
  }
  refuse(
    `createAISDKChatClient takes a model that a provider of the AI SDK gives, such as openai('gpt-5.4') of @ai-sdk/openai, not ${describeGiven(model)}.`,
  )
}

interface CallSettings {
  readonly model: LanguageModelV4
  readonly stream: boolean
  readonly timeoutMs: number
}

async function* streamAnswer(
  { model, stream, timeoutMs }: CallSettings,
  request: ChatRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChatEvent> {
  const limit = new SilenceLimit(timeoutMs, signal)
  const answer = new AISDKAnswer(model.modelId)
  try {
    const options = toCallOptions(request, limit.signal)
    if (stream) yield* readParts(await limit.wait(model.doStream(options)), answer, limit)
    else yield* answer.addResult(await limit.wait(model.doGenerate(options)))
    yield answer.complete()
  } catch (error) {
    limit.signal.throwIfAborted()
    throw toAISDKError(error)
  } finally {
    limit.end()
  }
}

async function* readParts(
  result: Awaited<ReturnType<LanguageModelV4['doStream']>>,
  answer: AISDKAnswer,
  limit: SilenceLimit,
): AsyncGenerator<ChatEvent> {
  for await (const part of readUntilSilent(result.stream, limit)) {
    const delta = answer.addPart(part)
    if (delta !== undefined) yield delta
  }
}
