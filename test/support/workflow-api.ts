import type { Problem } from '../../src/core/problem.js'
import { AgentApi, type Reply } from './api.js'
import { waitFor } from './run-scene.js'
import { EventReader } from './sse.js'

type HeaderMap = Readonly<Record<string, string>>

/** What a started run may answer with, put together: tests say which they expect. */
export interface RunBody extends Omit<Problem, 'status'> {
  readonly instanceId: string
  readonly runId: string
  readonly statusQueryGetUri: string
  readonly respondUri: string
  readonly eventsUri: string
  readonly runtimeStatus: string
  readonly workflowStatus: string
  readonly output: unknown
  readonly result: unknown
  readonly error?: { readonly node: string; readonly code: string; readonly message: string }
}

export interface PendingItem {
  readonly requestId: string
  readonly sourceExecutor: string
  readonly requestData: unknown
  readonly expiresAt: string | null
  readonly respondUrl: string
}

export interface StatusBody extends RunBody {
  readonly status: string
  readonly customStatus: { readonly step: number; readonly events: number } | null
  readonly pendingHumanInputRequests: readonly PendingItem[]
  readonly waitingForInput: readonly { readonly eventName: string; readonly input: unknown }[]
}

/** What a caller of a workflow's routes does, over real HTTP. */
export class WorkflowApi {
  readonly #url: string
  readonly #name: string
  readonly #spelling: 'workflow' | 'workflows'
  readonly #headers: HeaderMap

  constructor(
    url: string,
    name: string,
    {
      spelling = 'workflows',
      headers = {},
    }: { spelling?: 'workflow' | 'workflows'; headers?: HeaderMap } = {},
  ) {
    this.#url = url
    this.#name = name
    this.#spelling = spelling
    this.#headers = headers
  }

  /** The same routes, called by a signed-in user. */
  as(user: string): WorkflowApi {
    return new WorkflowApi(this.#url, this.#name, { spelling: this.#spelling, headers: { 'x-user': user } })
  }

  /** Starts a run with a JSON input; `query` like `?runId=x`. */
  run(input: unknown, query = '', headers: HeaderMap = {}): Promise<Reply<RunBody>> {
    return this.#post(`run${query}`, input, headers)
  }

  /** Starts a run and waits for its end. */
  async runToEnd(input: unknown, runId?: string): Promise<Reply<RunBody>> {
    const id = runId === undefined ? '' : `&runId=${encodeURIComponent(runId)}`
    return await this.run(input, `?waitForResponse=true&timeoutSeconds=30${id}`)
  }

  status(instanceId: string): Promise<Reply<StatusBody>> {
    return this.#call(`status/${encodeURIComponent(instanceId)}`)
  }

  respond(
    instanceId: string,
    requestId: string,
    answer: unknown,
  ): Promise<Reply<Problem & { message: string }>> {
    return this.#post(`respond/${encodeURIComponent(instanceId)}/${encodeURIComponent(requestId)}`, answer)
  }

  /** Answers as callers of the .NET agents do. */
  respondByName(instanceId: string, body: unknown): Promise<Reply<Problem & { validated: boolean }>> {
    return this.#post(`respond/${encodeURIComponent(instanceId)}`, body)
  }

  /** Follows a run's events, from the start or after the one with that id. */
  async events(instanceId: string, lastEventId?: string): Promise<EventReader> {
    const headers: HeaderMap = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const path = `${this.#url}/api/workflows/${this.#name}/runs/${encodeURIComponent(instanceId)}/events`
    return new EventReader(await fetch(path, { headers: { ...this.#headers, ...headers } }))
  }

  /** Resolves with the questions of a run when there are so many of them. */
  waitForQuestions(instanceId: string, count = 1): Promise<readonly PendingItem[]> {
    return waitFor(async () => {
      const { body } = await this.status(instanceId)
      const { pendingHumanInputRequests: questions } = body
      return questions.length === count ? questions : undefined
    }, 10_000)
  }

  /** Resolves with the status of a run when it has ended. */
  waitForEnd(instanceId: string): Promise<StatusBody> {
    return waitFor(async () => {
      const { body } = await this.status(instanceId)
      return ['Completed', 'Failed', 'Terminated'].includes(body.runtimeStatus) ? body : undefined
    }, 20_000)
  }

  #post<Body>(path: string, body: unknown, headers: HeaderMap = {}): Promise<Reply<Body>> {
    const text =
      typeof body === 'string' && headers['content-type'] !== undefined ? body : JSON.stringify(body)
    return this.#call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: text,
    })
  }

  #call<Body>(path: string, init: RequestInit = {}): Promise<Reply<Body>> {
    const api = new AgentApi(this.#url)
    const headers = { ...this.#headers, ...init.headers }
    return api.call(`/${this.#spelling}/${this.#name}/${path}`, { ...init, headers })
  }
}
