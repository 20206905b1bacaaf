import type { ServerResponse } from 'node:http'
import { toErrorMessage } from '../../../core/errors.js'

/** An HTTP answer of the durable API, before it is written. */
export interface DurableAnswer {
  readonly status: number
  /** JSON text, sent as `application/json`; no body when absent. */
  readonly json?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A request that the durable API refuses; its text goes to the caller. */
export class DurableRequestError extends Error {
  override readonly name = 'DurableRequestError'
  readonly status: number
  /** The `Message` of the error object; when absent, the text itself is, and nothing else is told. */
  readonly summary: string | undefined

  constructor(
    detail: string,
    { status = 400, summary = badArguments }: { status?: number; summary?: string | null } = {},
  ) {
    super(detail)
    this.status = status
    this.summary = summary ?? undefined
  }
}

const badArguments = 'One or more of the arguments submitted is incorrect'
/** The `Message` of what fails for reasons of its own. */
export const wentWrong = 'Something went wrong while processing your request'

/** The error object that the real extension answers with; stack traces stay in the log. */
export function toErrorAnswer(error: unknown): DurableAnswer {
  const refused = error instanceof DurableRequestError
  if (refused && error.summary === undefined) {
    return { status: error.status, json: JSON.stringify({ Message: error.message }) }
  }
  return {
    status: refused ? error.status : 500,
    json: JSON.stringify({
      Message: refused ? error.summary : wentWrong,
      ExceptionMessage: toErrorMessage(error),
      ExceptionType: refused && error.status === 400 ? 'System.ArgumentException' : 'System.Exception',
      StackTrace: '',
    }),
  }
}

/** Sends an answer and ends the response. */
export function writeAnswer(response: ServerResponse, { status, json, headers = {} }: DurableAnswer): void {
  const body = json ?? ''
  const type = json === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...headers, ...type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}
