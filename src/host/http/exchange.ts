import type { ClientRequest, ServerResponse } from 'node:http'
import { toAnswerHeaders } from './forwarded-headers.js'
import { writeEmpty } from './function-to-response.js'

export type ExchangeState = 'waiting' | 'answering' | 'over'

/** The client's side of a forwarded request. */
export interface Exchange {
  /** Settles when the client's response is over, however it ends. */
  readonly ended: Promise<void>
  state(): ExchangeState
  /** Gives the forwarded request up and answers with a status alone. */
  answerEmpty(status: number): void
  /** Breaks the connection: a client must not take part of an answer for all of it. */
  cut(): void
}

/** Passes the answer to a forwarded request on to the client, chunk by chunk as they come. */
export function relayAnswer(forward: ClientRequest, response: ServerResponse): Exchange {
  const ended = new Promise<void>((resolve) => response.once('close', resolve))
  let state: ExchangeState = 'waiting'
  function cut(): void {
    state = 'over'
    forward.destroy()
    if (!response.writableEnded) response.destroy()
  }
  function answerEmpty(status: number): void {
    state = 'over'
    forward.destroy()
    if (!response.headersSent && !response.destroyed) writeEmpty(response, status)
  }
  forward.once('response', (answer) => {
    if (state === 'over') return
    state = 'answering'
    answer.once('error', cut)
    if (response.destroyed) {
      answer.resume()
      return
    }
    response.writeHead(answer.statusCode ?? 200, toAnswerHeaders(answer, response))
    answer.pipe(response)
    // The function cannot see that the client left; reading on lets its stream come to its own end.
    response.once('close', () => answer.resume())
  })
  forward.once('timeout', cut)
  forward.on('error', () => {
    if (state === 'answering') cut()
    else if (state === 'waiting') answerEmpty(502)
  })
  return { ended, state: () => state, answerEmpty, cut }
}
