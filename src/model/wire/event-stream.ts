import type { ReadableStreamReadResult } from 'node:stream/web'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { AgentError } from '../../core/errors.js'
import { readObject } from '../../core/json.js'
import { toStreamError } from '../provider-errors.js'
import { type PacketReader, readAway } from './read-away.js'

/** Most characters that one event, or a whole answer in place of events, may have. */
export const maxEventLength = 16 * 1024 * 1024

/** An error for a server that goes on and on. */
export function createTooLongError(): AgentError {
  const message = `The model server sent an event of more than ${maxEventLength} characters.`
  return new AgentError('model_error', message, { retryable: true })
}

/**
 * What a model server sends event by event, in batches: the parsed data of all events that a packet of the network
 * brought to their end. It ends with the body, or with the event `[DONE]`, after which the connection is kept for the
 * next call. Leaving it earlier ends the request.
 * Wire: WHATWG HTML, "Server-sent events"; OpenAI API reference, "Streaming". An event that the end of the body cuts
 * off counts as whole, as servers exist that leave out the last empty line.
 * @throws {AgentError} what {@link toStreamError} makes of an event that says what went wrong, or `model_error` when an
 * event is too long; `SyntaxError` when one is no JSON. What came before in the same packet is given first.
 */
export class EventStream implements AsyncIterableIterator<readonly unknown[]> {
  readonly #headers: Headers
  readonly #reader: PacketReader
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: (event) => this.#take(event),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') this.#failure ??= createTooLongError()
    },
  })
  #batch: unknown[] = []
  #failure: unknown
  #isDone = false
  #isOver = false

  constructor(reader: PacketReader, headers: Headers) {
    this.#reader = reader
    this.#headers = headers
  }

  async next(): Promise<IteratorResult<readonly unknown[]>> {
    while (this.#batch.length === 0) {
      if (this.#failure !== undefined) {
        await this.return()
        throw this.#failure
      }
      if (this.#isOver) return { value: undefined, done: true }
      this.add(await this.#reader.read())
    }
    const value = this.#batch
    this.#batch = []
    return { value, done: false }
  }

  /** Takes in what the reader gave. */
  add({ value, done }: ReadableStreamReadResult<Uint8Array>): void {
    // Two line ends close whatever line and event are still open.
    this.#parser.feed(done ? `${this.#decoder.decode()}\n\n` : this.#decoder.decode(value, { stream: true }))
    if (done) this.#isOver = true
    else if (this.#isDone) this.#finish()
  }

  /** Ends the request, unless it has ended. */
  async return(): Promise<IteratorResult<readonly unknown[]>> {
    if (!this.#isOver) {
      this.#isOver = true
      // A body that has failed refuses to be cancelled.
      await this.#reader.cancel().catch(() => {})
    }
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #finish(): void {
    this.#isOver = true
    void readAway(this.#reader)
  }

  #take({ event, data }: EventSourceMessage): void {
    if (this.#isDone || this.#failure !== undefined) return
    if (data === '[DONE]') {
      this.#isDone = true
      return
    }
    try {
      this.#batch.push(this.#parse(event, data))
    } catch (error) {
      this.#failure = error
    }
  }

  #parse(event: string | undefined, text: string): unknown {
    const data: unknown = JSON.parse(text)
    const error = readObject(data)?.error
    if (event === 'error') throw toStreamError(error ?? data, this.#headers)
    if (error) throw toStreamError(error, this.#headers)
    return data
  }
}
