import { checkCount } from '../core/check-count.js'
import { checkChoice, checkOptions, checkPairs, checkText, type OptionNames } from '../core/check-options.js'
import { systemClock } from '../core/clock.js'
import { AgentError } from '../core/errors.js'
import { longestSessionId } from '../core/find-id-problem.js'
import type { JsonObject, JsonValue } from '../core/json.js'
import { type QuestionAddress, toAgentPath, toQuestionPath } from '../core/session-paths.js'
import type { ApprovalRequested } from '../run/events.js'
import { AppConnection, type AppRequest, type CookiePolicy } from './app-connection.js'
import { checkId } from './check-id.js'
import { outlast } from './outage.js'
import { RemoteSession } from './remote-session.js'

export interface AgentsClientOptions {
  /** Where the app's routes begin: `http://localhost:7071/api`. */
  readonly url: string
  /** A function key or host key. Security: whatever a page holds its users can read, so pages sign users in instead. @default none */
  readonly key?: string | undefined
  /** More headers of each request, such as one that says who is signed in; a function is asked each time. @default none */
  readonly headers?: HeaderMap | (() => HeaderMap | Promise<HeaderMap>) | undefined
  /** Whether a browser sends its cookies: `'include'` also to an app of another origin, whose CORS settings must allow credentials. @default 'same-origin' */
  readonly credentials?: CookiePolicy | undefined
  /** How long an app may be away before a call gives up; ms. @default 120,000 */
  readonly patienceMs?: number | undefined
}

type HeaderMap = Readonly<Record<string, string>>

/** An agent of an app. */
export interface AgentSummary {
  readonly name: string
  readonly type: string
  readonly description?: string | undefined
  readonly tools: readonly string[]
  /** Those of its tools whose work can be undone; absent when there are none. */
  readonly undoable?: readonly string[] | undefined
}

/** A page of an agent's sessions. */
export interface SessionPage {
  /** The newest first; times are ISO 8601, UTC. */
  readonly sessions: readonly {
    readonly sessionId: string
    readonly createdAt: string
    readonly updatedAt: string
  }[]
  /** Pass it as `before` for the next page; absent when there is none. */
  readonly next_before?: string | undefined
}

/** A tool call that waits for a human who may be the caller. */
export interface WaitingApproval extends ApprovalRequested {
  readonly agent: string
  readonly sessionId: string
  readonly correlationId: string
  /** Since when it waits; ISO 8601, UTC. */
  readonly requestedAt: string
  /** What the caller may decide, one of them at least. */
  readonly decisions: readonly ('approve' | 'reject')[]
}

/** A page of the tool calls that wait. */
export interface ApprovalPage {
  /** In the order in which their runs were accepted. */
  readonly approvals: readonly WaitingApproval[]
  /** Pass it as `after` for the next page; absent when there is none. */
  readonly next_after?: number | undefined
}

/** Names a question of a workflow. */
export type QuestionIds = QuestionAddress

/** A question of a workflow that waits for a human who may be the caller. */
export interface WaitingQuestion extends QuestionIds {
  /** The path to the node that asks. */
  readonly sourceExecutor: string
  /** What is asked. */
  readonly requestData: JsonValue
  /** What an answer looks like, as JSON Schema. */
  readonly responseSchema: JsonObject
  /** Since when it waits; ISO 8601, UTC, as is `expiresAt`. */
  readonly openedAt: string
  readonly expiresAt: string | null
}

/** A page of the questions that wait. */
export interface QuestionPage {
  /** In the order in which their workflows were started. */
  readonly questions: readonly WaitingQuestion[]
  /** Pass it as `after` for the next page; absent when there is none. */
  readonly next_after?: number | undefined
}

/** What the caller has spent of what they may. */
export interface Balance {
  /** Tokens; absent for those who may spend as much as they like. */
  readonly tokens?: number | undefined
  readonly spent?: number | undefined
  /** When there is more; ISO 8601, UTC. */
  readonly until?: string | undefined
}

const clientOptions: OptionNames<AgentsClientOptions> = {
  url: true,
  key: true,
  headers: true,
  credentials: true,
  patienceMs: true,
}

const sessionPageOptions = { limit: true, before: true } as const

const waitingPageOptions = { limit: true, after: true } as const

const longestAgentName = 63

const advice = { url: 'by the option url', key: 'by the option key, or sign in by headers' }

/**
 * Talks to the agents of an app, over its HTTP routes: from a page, another service, a script. Needs nothing of Node's.
 *
 * @example
 * const client = new AgentsClient({ url: 'http://localhost:7071/api' })
 * const { text } = await client.session('WeatherAgent', 'user-123').run('What is the weather like in Seattle?')
 */
export class AgentsClient {
  readonly #app: AppConnection
  readonly #patienceMs: number | undefined

  /** @throws {AgentError} `invalid_configuration` naming the option that cannot be used, or that there is none of. */
  constructor(options: AgentsClientOptions) {
    checkOptions('AgentsClient', options, clientOptions)
    const { url, key, headers = {}, credentials = 'same-origin', patienceMs } = options
    checkUrl(url)
    if (key !== undefined) checkText('key of AgentsClient', key)
    if (typeof headers !== 'function') checkHeaders(headers)
    checkChoice('credentials of AgentsClient', credentials, ['same-origin', 'include', 'omit'])
    checkCount('patienceMs of AgentsClient', patienceMs, 0)
    const own = typeof headers === 'function' ? headers : () => headers
    const keys: HeaderMap = key === undefined ? {} : { 'x-functions-key': key }
    this.#app = new AppConnection({
      url: url.replace(/\/+$/, ''),
      headers: async () => ({ ...keys, ...checkHeaders(await own()) }),
      credentials,
      clock: systemClock,
      advice,
    })
    this.#patienceMs = patienceMs
  }

  /** A conversation with an agent: one that there is, or a new one. `id` is made when absent. @throws {AgentError} `invalid_request` for what is no id. */
  session(agent: string, id: string = crypto.randomUUID()): RemoteSession {
    checkId('The agent of a session', agent, longestAgentName)
    checkId('The id of a session', id, longestSessionId)
    const address = { agent, session: id }
    return new RemoteSession({ app: this.#app, address, clock: systemClock, patienceMs: this.#patienceMs })
  }

  /** The agents that the app serves. */
  async listAgents(): Promise<readonly AgentSummary[]> {
    const { agents } = await this.#ask<{ readonly agents?: readonly AgentSummary[] }>('/agents')
    if (!Array.isArray(agents)) throw this.#app.createForeignError()
    return agents
  }

  /** What the caller has spent, in apps that set an `allowance`. @throws {AgentError} `not_found` in others. */
  readBalance(): Promise<Balance> {
    return this.#ask('/allowance')
  }

  /** An agent's sessions, newest first. `limit` is up to 1,000. @default 50 of them */
  async listSessions(
    agent: string,
    page: { readonly limit?: number; readonly before?: string } = {},
  ): Promise<SessionPage> {
    checkId('The agent of sessions', agent, longestAgentName)
    checkOptions('listSessions', page, sessionPageOptions)
    const { limit = 50, before } = page
    const after = before === undefined ? '' : `&before=${encodeURIComponent(before)}`
    return this.#ask(`${toAgentPath(agent)}?limit=${limit}${after}`)
  }

  /**
   * The tool calls of all agents that wait for a human, as far as the caller may decide about them: `client.session(agent, sessionId).decide`
   * does. `limit` is of runs, up to 1,000, and what of them is for others is left out: a page may be empty and yet not the last. @default those of 50 runs
   */
  async listApprovals(
    page: { readonly limit?: number; readonly after?: number } = {},
  ): Promise<ApprovalPage> {
    checkOptions('listApprovals', page, waitingPageOptions)
    const { limit = 50, after = 0 } = page
    return this.#ask(`/approvals?limit=${limit}&after=${after}`)
  }

  /** The questions of all workflows that wait for a human, as far as the caller may answer them; pages are as those of {@link listApprovals}. */
  async listQuestions(
    page: { readonly limit?: number; readonly after?: number } = {},
  ): Promise<QuestionPage> {
    checkOptions('listQuestions', page, waitingPageOptions)
    const { limit = 50, after = 0 } = page
    return this.#ask(`/workflows/questions?limit=${limit}&after=${after}`)
  }

  /** Answers a question of a workflow. @throws {AgentError} `request_closed` when it takes no more answers, also when that was this one and what came back got lost. */
  async answer({ workflow, instanceId, requestId }: QuestionIds, answer: unknown): Promise<void> {
    checkId('The workflow of a question', workflow, longestAgentName)
    checkId('The run of a question', instanceId, 100)
    checkId('The id of a question', requestId, 1000)
    const path = toQuestionPath({ workflow, instanceId, requestId })
    await this.#ask(path, { method: 'POST', body: answer })
  }

  #ask<Body>(path: string, request?: AppRequest): Promise<Body> {
    const options = { clock: systemClock, patienceMs: this.#patienceMs }
    return outlast(options, () => this.#app.readJson<Body>(path, request))
  }
}

/** Without `http:` the name of a host is read as a scheme. The query of a copied address has the key of one function. */
function checkUrl(url: string): void {
  checkText('url of AgentsClient', url)
  const isOther = /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url)
  if (isOther) throw createUrlError('begin with http:// or https://')
  if (/[?#]/.test(url)) throw createUrlError('have no query: the option key takes a key')
}

function createUrlError(problem: string): AgentError {
  return new AgentError('invalid_configuration', `url of AgentsClient must ${problem}.`)
}

function checkHeaders(headers: HeaderMap): HeaderMap {
  checkPairs('headers of AgentsClient', headers)
  return headers
}
