import type { ServerResponse } from 'node:http'
import { writeEmpty } from './function-to-response.js'

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
  keepCorsHeaders(response)
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

/** What the host itself says about other origins (CORS) stays, whatever the app says. */
function keepCorsHeaders(response: ServerResponse): void {
  if (!response.hasHeader('access-control-allow-origin')) return
  const setHeader = response.setHeader.bind(response)
  response.setHeader = (name, value) => {
    const isKept = /^access-control-/i.test(name) && response.hasHeader(name)
    return isKept ? response : setHeader(name, value)
  }
}
