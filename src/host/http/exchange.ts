import type { ServerResponse } from 'node:http'
import { writeEmpty } from './write-response.js'

export type ExchangeState = 'waiting' | 'answering' | 'over'

/** The client's response while the library may write to it. */
export interface Exchange {
  /** Settles when the client's response is over, however it ends. */
  readonly ended: Promise<void>
  state(): ExchangeState
  /** Answers with a status alone, unless an answer has begun. */
  answerEmpty(status: number): void
  /** Breaks the connection: a client must not take part of an answer for all of it. */
  cut(): void
}

/** Prepares a client's response for being written by the library; it is cut when no byte moves for `idleLimitMs`. */
export function openExchange(response: ServerResponse, idleLimitMs: number): Exchange {
  const hostHeaders = response.getHeaders()
  guardHeaders(response)
  // A length that is not that of the body would garble the next answer on the connection.
  response.strictContentLength = true
  const ended = new Promise<void>((resolve) => {
    response.once('close', () => {
      // The function runs on for a client that left, and does not fail because bytes went nowhere.
      response.strictContentLength = false
      resolve()
    })
  })
  const cut = (): void => void response.destroy()
  response.setTimeout(idleLimitMs, cut)
  return {
    ended,
    cut,
    state() {
      if (response.writableEnded || response.destroyed) return 'over'
      return response.headersSent ? 'answering' : 'waiting'
    },
    answerEmpty(status) {
      if (response.headersSent || response.destroyed) return
      // The library may have named headers for a body that never came.
      for (const name of response.getHeaderNames()) {
        if (!(name in hostHeaders)) response.removeHeader(name)
      }
      writeEmpty(response, status)
    },
  }
}

/**
 * What the host itself says about other origins (CORS) stays, whatever the app says. And a length becomes a number: Node
 * before 22.15 compares what was written with the text of the header, and never finds them the same.
 */
function guardHeaders(response: ServerResponse): void {
  const hasCors = response.hasHeader('access-control-allow-origin')
  const setHeader = response.setHeader.bind(response)
  response.setHeader = (name, value) => {
    if (hasCors && /^access-control-/i.test(name) && response.hasHeader(name)) return response
    return setHeader(name, /^content-length$/i.test(name) ? toLength(value) : value)
  }
}

function toLength(value: number | string | readonly string[]): number | string | readonly string[] {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
}
