import type { Clock } from '../core/clock.js'
import { AgentError, toErrorMessage } from '../core/errors.js'
import { isJsonObject, type JsonObject, parseJson } from '../core/json.js'
import { raceAbort } from '../core/race-abort.js'
import type { ServerSentEvent } from '../core/sse.js'
import {
  type Advice,
  createBrokenError,
  createForeignError,
  createUnreachableError,
  readFailure,
} from './app-failure.js'
import { readEvents } from './read-events.js'

/** How long a request may take; deleting and resetting wait for a run to end. */
const requestLimitMs = 120_000
/** An app sends a comment at least every 15 seconds, unless it was told otherwise. */
const silenceMs = 60_000

type HeaderMap = Readonly<Record<string, string>>

/** Which requests a browser sends cookies with, as `fetch` has it. */
export type CookiePolicy = 'same-origin' | 'include' | 'omit'

export interface AppConnectionOptions {
  /** Where the app's routes begin, without a slash at the end. */
  readonly url: string
  /**
   * What says who asks, made for each request.
   * Security: goes to `url`, and nowhere else; redirects are not followed.
   */
  readonly headers: () => HeaderMap | Promise<HeaderMap>
  /** @default 'same-origin' */
  readonly credentials?: CookiePolicy | undefined
  readonly clock: Clock
  readonly advice: Advice
}

/** A request of an app's routes. */
export interface AppRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly headers?: HeaderMap
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/**
 * The way to a running app's routes (docs/http.md). What its methods throw is an {@link AgentError} that says what to do,
 * `retryable` when it may pass by itself, or the reason of a request's signal.
 */
export class AppConnection {
  readonly url: string
  readonly #options: AppConnectionOptions

  constructor(options: AppConnectionOptions) {
    this.url = options.url
    this.#options = options
  }

  /** An answer in JSON; for what is in it the app is trusted. */
  async readJson<Body = JsonObject>(path: string, request: AppRequest = {}): Promise<Body> {
    const body = parseJson(await this.readText(path, request))
    if (isJsonObject(body)) return body as Body
    throw this.createForeignError()
  }

  async readText(path: string, request: AppRequest = {}): Promise<string> {
    const limit = this.#options.clock.timeout(requestLimitMs)
    const response = await this.#fetch(path, request, limit)
    return response.text().catch((error: unknown) => {
      request.signal?.throwIfAborted()
      throw createBrokenError(this.url, error)
    })
  }

  /** The events of an answer, as they come, once it has begun. */
  async follow(path: string, request: AppRequest = {}): Promise<AsyncIterable<ServerSentEvent>> {
    const { clock } = this.#options
    const silence = new AbortController()
    const onSilence = () => silence.abort(new Error(`silent for ${silenceMs / 1000} seconds`))
    const callOff = clock.after(silenceMs, onSilence)
    const headers = { ...request.headers, accept: 'text/event-stream' }
    const asked = this.#fetch(path, { ...request, headers }, silence.signal)
    const response = await asked.finally(callOff)
    const { body } = response
    // What is no stream of events would be one without any, and followed forever.
    if (body === null || !isEventStream(response)) {
      await body?.cancel()
      throw this.createForeignError()
    }
    return this.#read(readEvents(body, { clock, silenceMs, onSilence }), request.signal)
  }

  /** An error for what no app of this library says. */
  createForeignError(): AgentError {
    return createForeignError(this.url, this.#options.advice)
  }

  async *#read(
    events: AsyncIterable<ServerSentEvent>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ServerSentEvent> {
    try {
      yield* events
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof AgentError ? error : createBrokenError(this.url, error)
    }
  }

  async #fetch(
    path: string,
    { method = 'GET', headers, body, signal }: AppRequest,
    limit: AbortSignal,
  ): Promise<Response> {
    const { url, advice, credentials = 'same-origin' } = this.#options
    signal?.throwIfAborted()
    const ends = signal === undefined ? limit : AbortSignal.any([signal, limit])
    const own = await raceAbort(this.#options.headers(), ends)
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const request = createRequest(`${url}${path}`, {
      method,
      headers: { ...json, ...headers, ...own },
      body: body === undefined ? null : toText(body),
      redirect: 'manual',
      credentials,
      signal: ends,
    })
    const response = await fetch(request).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw createUnreachableError(url, advice, error)
    })
    if (!response.ok) throw await readFailure(response, url, advice)
    return response
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') ?? false
}

/** @throws {AgentError} `invalid_request` when JSON cannot say it. */
function toText(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    const message = `What is to be sent cannot be written as JSON: ${toErrorMessage(cause)}.`
    throw new AgentError('invalid_request', message, { cause })
  }
}

/** Security: why a header cannot be sent would tell its value. @throws {AgentError} `invalid_configuration` */
function createRequest(url: string, init: RequestInit): Request {
  try {
    return new Request(url, init)
  } catch (cause) {
    const message = `Nothing can be sent to ${url}: it is no address, or the key or a header has characters that headers cannot have.`
    throw new AgentError('invalid_configuration', message, { cause })
  }
}
