import { AsyncLocalStorage } from 'node:async_hooks'
import { type Attributes, context, type Span, SpanKind, trace } from '@opentelemetry/api'
import type { ChatAnswer, ChatClient, ChatEvent, ChatRequest } from '../chat-client.js'
import { genAi, unknownProvider } from './attributes.js'
import { getChatInstruments } from './instruments.js'
import { toInputAttributes, toOutputAttributes } from './message-parts.js'
import { readShared } from './shared-attributes.js'
import { endSpan, isTracing, markFailed, startSpan, toErrorType } from './tracing.js'

const calls = new AsyncLocalStorage<ChatCall | undefined>()

/** The model call that is being observed here; `undefined` outside of one. */
export function findChatCall(): ChatCall | undefined {
  return calls.getStore()
}

/** Does work whose model calls are calls of their own, wherever it is done: a foreign agent may ask one of ours. */
export function outsideChatCalls<T>(work: () => T): T {
  return calls.getStore() === undefined ? work() : calls.run(undefined, work)
}

/** What is known of a call before it is made. */
export interface ChatCallStart {
  readonly client: Pick<ChatClient, 'model' | 'provider'>
  readonly request: ChatRequest
  readonly capturesContent: boolean
}

/**
 * One model call as its observers see it: a span of kind CLIENT named `chat <model>`, and what it adds to the metrics
 * (semantic conventions 1.41.0, "Inference" and "Generative AI client metrics"). It ends once; what comes after that changes nothing.
 */
export class ChatCall {
  readonly #span: Span | undefined
  readonly #startedAt = performance.now()
  readonly #measured: Attributes
  #capturesContent = false
  #hasChunks = false
  #retries = 0
  #answer: ChatAnswer | undefined
  #isOver = false

  constructor({ client, request, capturesContent }: ChatCallStart) {
    const { model, provider = unknownProvider } = client
    this.#measured = { [genAi.operation]: 'chat', [genAi.provider]: provider, [genAi.requestModel]: model }
    const attributes = { ...this.#measured, ...toRequestAttributes(request), ...readShared() }
    this.#span = isTracing()
      ? startSpan({ name: `chat ${model}`, kind: SpanKind.CLIENT, attributes })
      : undefined
    if (capturesContent) this.capture(request)
  }

  /** Does work that belongs to the call. */
  run<T>(work: () => T): T {
    const span = this.#span
    if (span === undefined) return calls.run(this, work)
    return calls.run(this, () => context.with(trace.setSpan(context.active(), span), work))
  }

  /** Records what is asked here, and later what is answered. */
  capture(request: ChatRequest): void {
    if (this.#capturesContent || !this.#span?.isRecording()) return
    this.#capturesContent = true
    this.#span.setAttributes(toInputAttributes(request.messages))
    if (request.tools !== undefined && request.tools.length > 0) {
      const tools = request.tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
      }))
      this.#span.setAttribute('gen_ai.tool.definitions', JSON.stringify(tools))
    }
  }

  /** Takes note of what the model says. */
  note(event: ChatEvent): void {
    if (event.type === 'completed') this.#answer = event
    else if (event.type === 'text' || event.type === 'reasoning') this.#noteChunk()
  }

  /** Takes note of an attempt that failed and is made again after a while; ms. */
  noteRetry(error: unknown, delayMs: number): void {
    this.#retries += 1
    this.#span?.addEvent('durable_agent.chat.retry', {
      'error.type': toErrorType(error),
      'durable_agent.chat.retry.delay': delayMs / 1000,
    })
  }

  /** Ends a call that came to its answer, or was left before it. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const answer = this.#answer
    if (answer !== undefined) {
      this.#measured[genAi.responseModel] = answer.model
      this.#measureTokens(answer)
      if (this.#span?.isRecording()) this.#span.setAttributes(this.#toAnswerAttributes(answer))
    }
    this.#finish()
  }

  /** Ends a call that failed, or was broken off. */
  fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#measured['error.type'] = toErrorType(error)
    if (this.#span !== undefined) markFailed(this.#span, error)
    this.#finish()
  }

  /** Ends a call whose caller went away: after its answer, or instead of hearing it. */
  leave(signal: AbortSignal | undefined): void {
    if (this.#answer === undefined && signal?.aborted) this.fail(signal.reason)
    else this.end()
  }

  #noteChunk(): void {
    if (this.#hasChunks) return
    this.#hasChunks = true
    const seconds = this.#toSeconds()
    this.#span?.setAttribute('gen_ai.response.time_to_first_chunk', seconds)
    getChatInstruments().timeToFirstChunk(seconds, this.#measured)
  }

  #measureTokens({ usage }: ChatAnswer): void {
    const { tokens } = getChatInstruments()
    if (usage.totalTokens === 0) return
    tokens(usage.inputTokens, { ...this.#measured, 'gen_ai.token.type': 'input' })
    tokens(usage.outputTokens, { ...this.#measured, 'gen_ai.token.type': 'output' })
  }

  #toAnswerAttributes(answer: ChatAnswer): Attributes {
    const { usage, finishReason, model, responseId } = answer
    const { cachedInputTokens, reasoningTokens } = answer.usage
    return {
      [genAi.responseModel]: model,
      'gen_ai.response.finish_reasons': [finishReason],
      ...(responseId === undefined ? {} : { 'gen_ai.response.id': responseId }),
      [genAi.inputTokens]: usage.inputTokens,
      [genAi.outputTokens]: usage.outputTokens,
      ...(cachedInputTokens === undefined
        ? {}
        : { 'gen_ai.usage.cache_read.input_tokens': cachedInputTokens }),
      ...(reasoningTokens === undefined ? {} : { 'gen_ai.usage.reasoning.output_tokens': reasoningTokens }),
      ...(this.#capturesContent ? toOutputAttributes(answer) : {}),
    }
  }

  #finish(): void {
    getChatInstruments().duration(this.#toSeconds(), this.#measured)
    if (this.#retries > 0) this.#span?.setAttribute('durable_agent.chat.retries', this.#retries)
    if (this.#span !== undefined) endSpan(this.#span)
  }

  #toSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000
  }
}

function toRequestAttributes(request: ChatRequest): Attributes {
  const { temperature, topP, maxOutputTokens, responseFormat, continuation } = request
  return {
    'gen_ai.request.stream': true,
    ...(temperature === undefined ? {} : { 'gen_ai.request.temperature': temperature }),
    ...(topP === undefined ? {} : { 'gen_ai.request.top_p': topP }),
    ...(maxOutputTokens === undefined ? {} : { 'gen_ai.request.max_tokens': maxOutputTokens }),
    ...(responseFormat === undefined ? {} : { 'gen_ai.output.type': 'json' }),
    // Nothing is asked: it is come back for an answer that the provider has been making.
    ...(continuation === undefined ? {} : { 'durable_agent.chat.continued': true }),
  }
}
