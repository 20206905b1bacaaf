import { z } from 'zod'
import type { Clock } from '../../core/clock.js'
import { AgentError } from '../../core/errors.js'
import { parseJson } from '../../core/json.js'
import {
  type RunAddress,
  type SessionAddress,
  toAgentPath,
  toApprovalPath,
  toRunPath,
  toSessionPath,
} from '../../core/session-paths.js'
import type { ServerSentEvent } from '../../core/sse.js'
import { createBrokenError, createUnreachableError, readFailure } from './app-failure.js'
import { readEvents } from './read-events.js'
import { type OpenApproval, openApproval, type PlacedEvent, parseRunEvent } from './run-event.js'

/** How long a request may take; deleting and resetting wait for a run to end. */
const requestLimitMs = 120_000
/** An app sends a comment at least every 15 seconds, unless it was told otherwise. */
const silenceMs = 60_000

/** A human's answer to an approval. */
export interface Verdict {
  readonly decision: 'approve' | 'reject'
  readonly reason?: string | undefined
}

/** Security: names become part of commands that are shown to be pasted; they are no more than the app's routes let them be. */
const agentName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/)

const agentList = z.object({ agents: z.array(z.object({ name: agentName })) })

const runOutcome = z.object({ approvals: z.array(openApproval).optional() })

const sessionState = z.object({
  conversation_history: z.array(z.object({ role: z.string(), content: z.string() })),
  run: z.object({ correlationId: z.string() }).optional(),
})

export type SessionView = z.infer<typeof sessionState>

export interface AppClientOptions {
  /** Where the app's routes begin, without a slash at the end. */
  readonly url: string
  /** Security: goes into a header of requests to `url`, and nowhere else; redirects are not followed. */
  readonly key: string | undefined
  readonly clock: Clock
}

/**
 * The routes of a running app that a chat needs (README, HTTP). All can be asked again when no answer came.
 * What they throw is an {@link AgentError} that says what to do; `retryable` when it may pass by itself.
 */
export class AppClient {
  readonly url: string
  readonly #key: string | undefined
  readonly #clock: Clock

  constructor({ url, key, clock }: AppClientOptions) {
    this.url = url
    this.#key = key
    this.#clock = clock
  }

  /** The names of the agents that there are. */
  async readAgents(): Promise<readonly string[]> {
    const { agents } = await this.#readJson('/agents', agentList)
    return agents.map(({ name }) => name)
  }

  /** What has been said, newest last, and what is being answered; `undefined` for a session that there is not yet. */
  async readSession(address: SessionAddress): Promise<SessionView | undefined> {
    try {
      return await this.#readJson(toSessionPath(address), sessionState)
    } catch (error) {
      if (error instanceof AgentError && error.code === 'not_found') return undefined
      throw error
    }
  }

  /** Clears the history. @throws {AgentError} `not_found` when there is none. */
  async resetSession(address: SessionAddress): Promise<void> {
    await this.#readText(`${toSessionPath(address)}/reset`, { method: 'POST' })
  }

  /** Sends a message, or finds that it was sent; gives its run's events from the start, once the app has it. */
  sendMessage({ agent, session, run }: RunAddress, message: string): Promise<AsyncIterable<PlacedEvent>> {
    return this.#follow(`${toAgentPath(agent)}/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': run },
      body: JSON.stringify({ message, sessionId: session }),
    })
  }

  /** The events of a run after one; from the start after -1. */
  followRun(address: RunAddress, after: number): Promise<AsyncIterable<PlacedEvent>> {
    const headers: Record<string, string> = after < 0 ? {} : { 'last-event-id': String(after) }
    return this.#follow(`${toRunPath(address)}/events`, { headers })
  }

  /** What of a run waits for a human. */
  async readApprovals(address: RunAddress): Promise<readonly OpenApproval[]> {
    const { approvals = [] } = await this.#readJson(toRunPath(address), runOutcome)
    return approvals
  }

  async cancelRun(address: RunAddress): Promise<void> {
    await this.#readText(`${toRunPath(address)}/cancel`, { method: 'POST' })
  }

  /** @throws {AgentError} `approval_already_decided`, also when it was decided by a request whose answer got lost. */
  async decide(address: SessionAddress, approvalId: string, verdict: Verdict): Promise<void> {
    await this.#readText(toApprovalPath(address, approvalId), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(verdict),
    })
  }

  async #follow(path: string, init: RequestInit): Promise<AsyncIterable<PlacedEvent>> {
    const silence = new AbortController()
    const onSilence = () => silence.abort(new Error(`silent for ${silenceMs / 1000} seconds`))
    const callOff = this.#clock.after(silenceMs, onSilence)
    const headers = { ...init.headers, accept: 'text/event-stream' }
    const request = this.#fetch(path, { ...init, headers, signal: silence.signal })
    const { body } = await request.finally(callOff)
    if (body === null) throw createForeignError(this.url)
    return this.#parse(readEvents(body, { clock: this.#clock, silenceMs, onSilence }))
  }

  async *#parse(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<PlacedEvent> {
    try {
      for await (const event of events) yield parseRunEvent(event)
    } catch (error) {
      throw error instanceof AgentError ? error : createBrokenError(this.url, error)
    }
  }

  async #readJson<T>(path: string, form: z.ZodType<T>): Promise<T> {
    const { success, data } = form.safeParse(parseJson(await this.#readText(path)))
    if (!success) throw createForeignError(this.url)
    return data
  }

  async #readText(path: string, init: RequestInit = {}): Promise<string> {
    const response = await this.#fetch(path, { ...init, signal: this.#clock.timeout(requestLimitMs) })
    try {
      return await response.text()
    } catch (error) {
      throw createBrokenError(this.url, error)
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const key: Record<string, string> = this.#key === undefined ? {} : { 'x-functions-key': this.#key }
    const response = await fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...init.headers, ...key },
      redirect: 'manual',
    }).catch((error: unknown) => {
      throw createUnreachableError(this.url, error)
    })
    if (!response.ok) throw await readFailure(response, this.url)
    return response
  }
}

function createForeignError(url: string): AgentError {
  return new AgentError(
    'internal',
    `What answers at ${url} is no app of this library: say with --url where it is.`,
  )
}
