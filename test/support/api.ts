import { request } from 'node:http'
import type { Problem } from '../../src/core/problem.js'
import type { ApprovalRequested, RunAnswer } from '../../src/run/events.js'
import type { HistoryEntry } from '../../src/run/history-entry.js'
import type { OpenCall } from '../../src/run/waiting.js'
import { EventReader } from './sse.js'

/** An answer, read to its end. */
export interface Reply<Body> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; `undefined` when it is none. */
  readonly body: Body
}

/** What a posted run may answer with, put together: tests say which they expect. */
export type RunReply = Reply<
  Omit<RunAnswer, 'status'> & Omit<Problem, 'status'> & WaitingRun & { readonly status: unknown }
>

export interface WaitingRun {
  readonly approvals?: readonly ApprovalRequested[]
  readonly toolCalls?: readonly OpenCall[]
}

export interface SessionState extends WaitingRun {
  readonly message_count: number
  readonly conversation_history: readonly HistoryEntry[]
  readonly last_response: string | null
  readonly agent_type: string
  readonly sessionId: string
  readonly status: string
  readonly run?: { readonly correlationId: string; readonly status: string }
  readonly scheduled?: readonly {
    readonly correlationId: string
    readonly sendAt: string
    readonly message: string
  }[]
  readonly next_before?: number
}

export interface Outcome extends WaitingRun {
  readonly status: string
  readonly correlationId: string
  readonly response?: string
  readonly message_count?: number
  readonly error?: Problem
  /** Of a cancelled run: why, and what it had said. */
  readonly reason?: string
  readonly text?: string
}

/** A human's answer to an approval. */
export interface DecisionFields {
  readonly decision: 'approve' | 'reject'
  readonly reason?: string | null
  readonly arguments?: object | null
}

export interface SessionList {
  readonly sessions: readonly { readonly sessionId: string }[]
  readonly next_before?: string
}

type HeaderMap = Readonly<Record<string, string>>

/** What a caller of an agent's routes does, over real HTTP. */
export class AgentApi {
  readonly #url: string
  readonly #agent: string
  readonly #headers: HeaderMap

  /** `url`: where the host listens, without `/api`. */
  constructor(url: string, agent = 'Assistant', headers: HeaderMap = {}) {
    this.#url = url
    this.#agent = agent
    this.#headers = headers
  }

  /** The same routes, called by a signed-in user. */
  as(user: string): AgentApi {
    return new AgentApi(this.#url, this.#agent, { 'x-user': user })
  }

  /** Calls a path below `/api`. */
  async call<Body = unknown>(path: string, init: RequestInit = {}): Promise<Reply<Body>> {
    return readReply(await this.#fetch(path, init))
  }

  /** Posts a run: fields of the body, or its message alone. */
  run(body: string | object, headers: HeaderMap = {}): Promise<RunReply> {
    const fields = typeof body === 'string' ? { message: body } : body
    return this.call(`/agents/${this.#agent}/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(fields),
    })
  }

  /** Posts a run and follows its events in the same exchange. */
  async stream(body: object): Promise<EventReader> {
    const response = await this.#fetch(`/agents/${this.#agent}/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
    })
    return new EventReader(response)
  }

  state(session: string, query = ''): Promise<Reply<SessionState>> {
    return this.call(`${this.#session(session)}${query}`)
  }

  remove(session: string): Promise<Reply<Problem>> {
    return this.call(this.#session(session), { method: 'DELETE' })
  }

  reset(session: string): Promise<Reply<Problem>> {
    return this.call(`${this.#session(session)}/reset`, { method: 'POST' })
  }

  outcome(session: string, run: string): Promise<Reply<Outcome>> {
    return this.call(this.#run(session, run))
  }

  /** `reason`: why, if anybody says. */
  cancel(session: string, run: string, reason?: string): Promise<Reply<Outcome>> {
    const said =
      reason === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reason }) }
    return this.call(`${this.#run(session, run)}/cancel`, { method: 'POST', ...said })
  }

  decide(session: string, approvalId: string, fields: DecisionFields): Promise<Reply<Outcome & Problem>> {
    return this.call(`${this.#session(session)}/approvals/${encodeURIComponent(approvalId)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    })
  }

  /** Reports what came of tool calls that the caller has carried out. */
  report(session: string, run: string, results: unknown): Promise<Reply<Outcome & Omit<Problem, 'status'>>> {
    return this.call(`${this.#run(session, run)}/results`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ results }),
    })
  }

  /** Follows a run's events; `query` like `?after=3`. */
  async events(session: string, run: string, query = '', headers: HeaderMap = {}): Promise<EventReader> {
    return new EventReader(await this.#fetch(`${this.#run(session, run)}/events${query}`, { headers }))
  }

  /** Follows a run's events after the one that the reader had last. */
  eventsAfter(session: string, run: string, lastEventId: number): Promise<EventReader> {
    return this.events(session, run, '', { 'last-event-id': String(lastEventId) })
  }

  sessions(query = ''): Promise<Reply<SessionList>> {
    return this.call(`/agents/${this.#agent}${query}`)
  }

  /** Resolves with the outcome of a run that others started, once it has ended. */
  async waitForOutcome(session: string, run: string): Promise<Outcome> {
    const events = await this.events(session, run)
    await events.end()
    const { body } = await this.outcome(session, run)
    return body
  }

  #session(session: string): string {
    return `/agents/${this.#agent}/${encodeURIComponent(session)}`
  }

  #run(session: string, run: string): string {
    return `${this.#session(session)}/runs/${encodeURIComponent(run)}`
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.#url}/api${path}`, { ...init, headers: { ...this.#headers, ...init.headers } })
  }
}

export interface RawRequest {
  readonly method: string
  /** Sent as it is: nothing is normalised or encoded. */
  readonly path: string
  readonly headers?: HeaderMap
  readonly body?: string | Uint8Array
}

/** Sends what `fetch` would not: bodies of GET requests, paths with dots, requests without content type. */
export function sendRaw<Body = unknown>(url: string, raw: RawRequest): Promise<Reply<Body>> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url)
    const { method, path, headers = {}, body } = raw
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const call = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { ...length, ...headers },
    })
    call.once('error', reject)
    call.once('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString('utf8')
      const received = new Headers()
      for (const [name, value] of Object.entries(response.headers)) received.set(name, String(value))
      const status = response.statusCode ?? 0
      resolve({ status, headers: received, text, body: tryParse(text) as Body })
    })
    call.end(body)
  })
}

/** Reads an answer to its end. */
export async function readReply<Body>(response: Response): Promise<Reply<Body>> {
  const { status, headers } = response
  const text = await response.text()
  return { status, headers, text, body: tryParse(text) as Body }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
