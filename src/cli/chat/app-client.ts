import { z } from 'zod'
import { AppConnection } from '../../client/app-connection.js'
import type { Clock } from '../../core/clock.js'
import { AgentError, hasCode } from '../../core/errors.js'
import {
  type RunAddress,
  type SessionAddress,
  toAgentPath,
  toApprovalPath,
  toRunPath,
  toSessionPath,
} from '../../core/session-paths.js'
import type { ServerSentEvent } from '../../core/sse.js'
import { type OpenApproval, openApproval, type PlacedEvent, parseRunEvent } from './run-event.js'

const advice = { url: 'with --url', key: 'with --key, or in DURABLE_AGENTS_KEY' }

/** A human's answer to an approval. */
export interface Verdict {
  readonly decision: 'approve' | 'reject'
  readonly reason?: string | undefined
}

/** Security: names become part of commands that are shown to be pasted; they are no more than the app's routes let them be. */
const agentName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/)

const agentList = z.object({ agents: z.array(z.object({ name: agentName })) })

const runOutcome = z.object({ approvals: z.array(openApproval).optional() })

const historyLine = z.object({
  role: z.string(),
  content: z.string(),
  correlationId: z.string().optional(),
  files: z.number().optional(),
  undoes: z.string().optional(),
})

/** A line of a conversation, the run that it was said in, how many files came with it, and which run it undoes. */
export type HistoryLine = z.infer<typeof historyLine>

const sessionState = z.object({
  conversation_history: z.array(historyLine),
  run: z.object({ correlationId: z.string() }).optional(),
})

export type SessionView = z.infer<typeof sessionState>

/** What is said to an agent. */
export interface Message {
  readonly text: string
  /** The run whose place it takes. @default none */
  readonly replaces?: string | undefined
  /** The run that it undoes. @default none */
  readonly undoes?: string | undefined
}

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
  readonly #app: AppConnection

  constructor({ url, key, clock }: AppClientOptions) {
    this.url = url
    const headers: Record<string, string> = key === undefined ? {} : { 'x-functions-key': key }
    this.#app = new AppConnection({ url, headers: () => headers, clock, advice })
  }

  /** The names of the agents that there are. */
  async readAgents(): Promise<readonly string[]> {
    const { agents } = await this.#readJson('/agents', agentList)
    return agents.map(({ name }) => name)
  }

  /** What has been said, newest last, and what is being answered; `undefined` for a session that there is not yet. */
  async readSession(address: SessionAddress): Promise<SessionView | undefined> {
    try {
      return await this.#readJson(`${toSessionPath(address)}?runs=true`, sessionState)
    } catch (error) {
      if (hasCode(error, 'not_found')) return undefined
      throw error
    }
  }

  /** Clears the history. @throws {AgentError} `not_found` when there is none. */
  async resetSession(address: SessionAddress): Promise<void> {
    await this.#app.readText(`${toSessionPath(address)}/reset`, { method: 'POST' })
  }

  /** Sends a message, or finds that it was sent; gives its run's events from the start, once the app has it. */
  async sendMessage(
    { agent, session, run }: RunAddress,
    { text, replaces, undoes }: Message,
  ): Promise<AsyncIterable<PlacedEvent>> {
    const headers = { 'idempotency-key': run }
    const references = { replaces, undoes: undoes && { correlationId: undoes } }
    const body = { message: text, sessionId: session, ...references }
    return this.#parse(await this.#app.follow(`${toAgentPath(agent)}/run`, { method: 'POST', headers, body }))
  }

  /** The events of a run after one; from the start after -1. */
  async followRun(address: RunAddress, after: number): Promise<AsyncIterable<PlacedEvent>> {
    const headers: Record<string, string> = after < 0 ? {} : { 'last-event-id': String(after) }
    return this.#parse(await this.#app.follow(`${toRunPath(address)}/events`, { headers }))
  }

  /** What of a run waits for a human. */
  async readApprovals(address: RunAddress): Promise<readonly OpenApproval[]> {
    const { approvals = [] } = await this.#readJson(toRunPath(address), runOutcome)
    return approvals
  }

  async cancelRun(address: RunAddress): Promise<void> {
    await this.#app.readText(`${toRunPath(address)}/cancel`, { method: 'POST' })
  }

  /** @throws {AgentError} `approval_already_decided`, also when it was decided by a request whose answer got lost. */
  async decide(address: SessionAddress, approvalId: string, verdict: Verdict): Promise<void> {
    await this.#app.readText(toApprovalPath(address, approvalId), { method: 'POST', body: verdict })
  }

  async *#parse(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<PlacedEvent> {
    for await (const event of events) yield parseRunEvent(event)
  }

  async #readJson<T>(path: string, form: z.ZodType<T>): Promise<T> {
    const { success, data } = form.safeParse(await this.#app.readJson(path))
    if (!success) throw this.#app.createForeignError()
    return data
  }
}
