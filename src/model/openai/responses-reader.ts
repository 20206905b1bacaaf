import { AgentError } from '../../core/errors.js'
import type { ChatEvent, ChatOptions, ChatRequest } from '../chat-client.js'
import { mergeDeltas } from '../merge-deltas.js'
import { readStatus, toModelError } from '../provider-errors.js'
import type { ModelReply } from '../wire/model-reply.js'
import { readUntilSilent, SilenceLimit } from '../wire/silence-limit.js'
import { type BackgroundPlace, toContinuationToken } from './continuation-token.js'
import { ResponsesAnswer } from './responses-answer.js'
import { createResponse, type ResponsesSettings, readEvents, readResponse } from './responses-call.js'
import { createForgottenError, createUnfinishedResponseError } from './responses-failure.js'

/** So often in a row a stream may break before it has brought anything new. */
const maxBreaks = 4

/** Wait before a broken stream is resumed for the first time; it doubles for each further one. */
const resumeDelayMs = 500

/** One reader's way through a background response. */
export class ResponsesReader {
  readonly #settings: ResponsesSettings
  readonly #follows: boolean
  readonly #signal: AbortSignal | undefined
  readonly #answer: ResponsesAnswer
  #place: BackgroundPlace | undefined
  #breaks = 0
  #isGone = false

  constructor(settings: ResponsesSettings, { signal, follow = true }: ChatOptions) {
    this.#settings = settings
    this.#follows = follow
    this.#signal = signal
    this.#answer = new ResponsesAnswer({ model: settings.model, chains: settings.store })
  }

  /** Whether coming back is no use: the response has ended, or the provider no longer knows it. */
  get isLost(): boolean {
    return this.#isGone || this.#answer.hasEnded
  }

  /** Asks; returns once the provider has taken over, or is done when it is followed. */
  async *begin(request: ChatRequest): AsyncGenerator<ChatEvent> {
    try {
      yield* this.#read((limit) => createResponse(this.#settings, request, limit))
    } catch (error) {
      // Before there is an id nothing can be come back to.
      if (this.#place === undefined) throw error
      await this.#recover(error)
    }
    if (this.#follows) yield* this.#followOn()
  }

  /** Goes on after a place; when it is not followed, only looks. */
  async *comeBack(place: BackgroundPlace): AsyncGenerator<ChatEvent> {
    this.#place = place
    if (this.#follows) yield* this.#followOn()
    else yield* this.#look()
    if (!this.#answer.hasEnded) yield { type: 'continuation', token: toContinuationToken(place) }
  }

  /** The whole answer, if there is one by now. */
  *end(): Generator<ChatEvent> {
    if (this.#answer.hasEnded) yield this.#answer.complete()
  }

  async *#followOn(): AsyncGenerator<ChatEvent> {
    while (!this.#answer.hasEnded) {
      try {
        if (this.#settings.stream && this.#here.streamed) {
          yield* this.#read((limit) => readEvents(this.#settings, this.#here, limit))
        } else {
          yield* this.#poll()
        }
      } catch (error) {
        await this.#recover(error)
      }
    }
  }

  get #here(): BackgroundPlace {
    if (this.#place === undefined) throw new AgentError('internal', 'There is no response to come back to.')
    return this.#place
  }

  async *#poll(): AsyncGenerator<ChatEvent> {
    yield* this.#look()
    if (!this.#answer.hasEnded) await this.#settings.sleep(this.#settings.pollIntervalMs, this.#signal)
  }

  /** Looks where the response stands. */
  async *#look(): AsyncGenerator<ChatEvent> {
    const here = this.#here.response
    this.#answer.addResponse(await this.#call((limit) => readResponse(this.#settings, here, limit)))
    this.#breaks = 0
    if (this.#answer.hasEnded) yield* this.#answer.toDeltas()
  }

  async #call<T>(work: (limit: SilenceLimit) => Promise<T>): Promise<T> {
    const limit = new SilenceLimit(this.#settings.timeoutMs, this.#signal)
    try {
      return await work(limit)
    } catch (error) {
      throw this.#toError(error, limit)
    } finally {
      limit.end()
    }
  }

  async *#read(open: (limit: SilenceLimit) => Promise<ModelReply>): AsyncGenerator<ChatEvent> {
    const limit = new SilenceLimit(this.#settings.timeoutMs, this.#signal)
    try {
      const { batches, whole } = await open(limit)
      if (batches === undefined) return yield* this.#takeWhole(whole)
      for await (const batch of readUntilSilent(batches, limit)) {
        yield* mergeDeltas(this.#takeAll(batch))
        if (this.#isEnough) return
      }
      if (!this.#answer.hasEnded) throw createUnfinishedResponseError()
    } catch (error) {
      if (!this.#answer.hasEnded) throw this.#toError(error, limit)
    } finally {
      limit.end()
    }
  }

  *#takeWhole(response: unknown): Generator<ChatEvent> {
    this.#answer.addResponse(response)
    yield* this.#announce(false)
    if (this.#answer.hasEnded) yield* this.#answer.toDeltas()
  }

  *#takeAll(events: readonly unknown[]): Generator<ChatEvent> {
    for (const event of events) {
      yield* this.#take(event)
      if (this.#isEnough) return
    }
  }

  /** Whether all is known that is asked for: how the response can be come back to. */
  get #isEnough(): boolean {
    return !this.#follows && this.#place !== undefined
  }

  *#take(event: unknown): Generator<ChatEvent> {
    const delta = this.#answer.addEvent(event)
    this.#breaks = 0
    yield* this.#announce(true)
    if (this.#place === undefined) return
    this.#place = { ...this.#place, after: this.#answer.sequence }
    if (delta?.type !== 'text' && delta?.type !== 'reasoning') return
    yield { ...delta, continuation: toContinuationToken(this.#place) }
  }

  /** Says once how the response can be come back to: before the first of its events, so that nothing is missed. */
  *#announce(streamed: boolean): Generator<ChatEvent> {
    const response = this.#answer.id
    if (this.#place !== undefined || response === undefined) return
    this.#place = { response, streamed }
    yield { type: 'continuation', token: toContinuationToken(this.#place) }
  }

  #toError(error: unknown, limit: SilenceLimit): unknown {
    if (this.#signal?.aborted) return this.#signal.reason
    if (limit.signal.aborted) return limit.signal.reason
    if (this.#place === undefined || readStatus(error) !== 404) return toModelError(error)
    this.#isGone = true
    return createForgottenError()
  }

  /** Waits until the response can be looked at again. @throws the error when it is more than a broken connection, or one too many. */
  async #recover(error: unknown): Promise<void> {
    if (!(error instanceof AgentError) || !error.retryable || this.isLost) throw error
    // Silence is what a response that still waits its turn sounds like.
    if (error.code === 'model_timeout') return
    this.#breaks += 1
    if (this.#breaks > maxBreaks) throw error
    const delayMs = Math.max(resumeDelayMs * 2 ** (this.#breaks - 1), error.retryAfterMs ?? 0)
    await this.#settings.sleep(delayMs, this.#signal)
  }
}
