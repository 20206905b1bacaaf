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
      return this.#isEvents ? this.#toEvents() : this.#toResponse(this.#toStream())
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
    return Object.defineProperty(this.#toResponse(null), 'body', { value: body })
  }

  #toStream(): ReadableStream<Uint8Array> | null {
    const hasNone = [204, 205, 304].includes(this.#message.statusCode ?? 0)
    return hasNone ? null : toStream(this.#body)
  }

  #toResponse(body: ReadableStream<Uint8Array> | null): Response {
    const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = this.#message
    const response = new Response(body, { status, statusText })
    // Added here, as headers that are given to a response are copied.
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? ''
      if (!isForConnection(name)) response.headers.append(name, rawHeaders[at + 1] ?? '')
    }
    return response
  }
}

/** Whether a header is meant for the next hop alone (RFC 9110, section 7.6.1). */
function isForConnection(name: string): boolean {
  return /^(connection|keep-alive|transfer-encoding)$/i.test(name)
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
