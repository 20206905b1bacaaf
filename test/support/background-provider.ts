import type { Clock } from '../../src/core/clock.js'
import { createTextMessage } from '../../src/core/messages.js'
import type { ChatClient, ChatEvent, ChatOptions, ChatRequest } from '../../src/model/chat-client.js'
import { countAnswers } from '../../src/testing/index.js'

interface PendingAnswer {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly readyAt: number
}

/** A provider that makes answers in the background, and outlives the processes that ask it. */
export class BackgroundProvider {
  readonly #answers = new Map<string, PendingAnswer>()
  readonly #texts: readonly string[]
  readonly #makingMs: number
  /** Tokens of answers that somebody has cancelled. */
  readonly cancelled = new Set<string>()

  /** It says the texts one after the other in a conversation, and takes so long for each. */
  constructor(texts: readonly string[], makingMs: number) {
    this.#texts = texts
    this.#makingMs = makingMs
  }

  /** A client of one process. */
  connect(clock: Clock): ChatClient {
    return {
      model: 'slow',
      stream: (request, options) => this.#stream(request, options ?? {}, clock),
      cancel: async (token) => {
        this.cancelled.add(token)
      },
    }
  }

  async *#stream(
    request: ChatRequest,
    { signal, follow = true }: ChatOptions,
    clock: Clock,
  ): AsyncGenerator<ChatEvent> {
    const token = request.continuation ?? this.#accept(request, clock)
    yield { type: 'continuation', token }
    const { text, readyAt } = this.#answers.get(token) ?? { text: '', readyAt: 0 }
    const leftMs = readyAt - clock.now()
    if (leftMs > 0 && !follow) return
    yield { type: 'text', text: text.slice(0, 3) }
    if (leftMs > 0) await clock.sleep(leftMs, signal)
    yield { type: 'text', text: text.slice(3) }
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
    const message = createTextMessage('assistant', text)
    yield { type: 'completed', message, usage, finishReason: 'stop', model: 'slow' }
  }

  #accept(request: ChatRequest, clock: Clock): string {
    const token = `token-${this.#answers.size}`
    const text = this.#texts[countAnswers(request)] ?? ''
    this.#answers.set(token, { text, readyAt: clock.now() + this.#makingMs })
    return token
  }
}
