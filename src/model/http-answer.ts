import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createUnzip } from 'node:zlib'
import { HttpBody } from './http-body.js'

/** The answer to a request of `node:http`, from its headers on. */
export class HttpAnswer {
  readonly #message: IncomingMessage
  readonly #body: HttpBody

  constructor(message: IncomingMessage, signal: AbortSignal | undefined) {
    this.#message = message
    this.#body = new HttpBody(decode(message), signal)
  }

  /** Whether the answer is to be had elsewhere. */
  get isRedirect(): boolean {
    const { statusCode = 0, headers } = this.#message
    return [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined
  }

  /** Ends it unread. */
  leave(): void {
    void this.#body.cancel()
  }

  /** It as `fetch` gives it. Successful answers of events are there for the reader of their `body` alone. @throws {TypeError} when its status is none. */
  toResponse(): Response {
    try {
      return this.#isEvents ? this.#toEvents() : new Response(this.#toStream(), this.#toInit())
    } catch (cause) {
      this.leave()
      throw new TypeError('fetch failed', { cause })
    }
  }

  get #isEvents(): boolean {
    const { statusCode, headers } = this.#message
    return statusCode === 200 && headers['content-type']?.startsWith('text/event-stream') === true
  }

  // A stream between the body and its one reader would cost more than all else here.
  #toEvents(): Response {
    const body = { getReader: () => this.#body }
    return Object.defineProperty(new Response(null, this.#toInit()), 'body', { value: body })
  }

  #toStream(): ReadableStream<Uint8Array> | null {
    const hasNone = [204, 205, 304].includes(this.#message.statusCode ?? 0)
    return hasNone ? null : toStream(this.#body)
  }

  #toInit(): ResponseInit {
    const { statusCode: status = 0, statusMessage: statusText = '' } = this.#message
    return { status, statusText, headers: this.#toHeaders() }
  }

  #toHeaders(): Headers {
    const { rawHeaders } = this.#message
    const headers = new Headers()
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
    return headers
  }
}

function decode(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return message
  if (encoding === 'br') return pipeline(message, createBrotliDecompress(), () => {})
  if (/^(x-)?gzip$|^deflate$/.test(encoding)) return pipeline(message, createUnzip(), () => {})
  return message
}

function toStream(body: HttpBody): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await body.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => body.cancel(),
  })
}
