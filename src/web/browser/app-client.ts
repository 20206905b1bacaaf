import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../core/json.js'
import {
  type QuestionAddress,
  type RunAddress,
  type SessionAddress,
  toAgentPath,
  toApprovalPath,
  toQuestionPath,
  toRunPath,
  toSessionPath,
} from '../../core/session-paths.js'
import type { ConversationClient, Verdict } from './conversation-client.js'
import type { UnsentMessage } from './outbox.js'
import { readStream, silenceMs } from './read-stream.js'
import { createBrokenError, isLockedOut, RequestError, toRequestError } from './request-error.js'
import type { RunRecord } from './run-record.js'

/** How long a request may take; deleting and resetting wait for a run to end. */
const requestLimitMs = 120_000

export interface AppClientOptions {
  /** Where the app's routes begin, without a slash at the end. */
  readonly url: string
  readonly key: { readonly value: string | undefined }
  /** Asks for a key that may do, after a call was refused without one or with this one; false when there is none. */
  readonly askForKey: (refused: string | undefined) => Promise<boolean>
}

/** The routes of an app that the page needs (README, HTTP). All throw {@link RequestError}. */
export class AppClient implements ConversationClient {
  readonly #options: AppClientOptions

  constructor(options: AppClientOptions) {
    this.#options = options
  }

  readAgents(): Promise<JsonObject> {
    return this.#readJson('/agents')
  }

  /** An agent with its newest sessions. */
  readAgent(agent: string, limit: number): Promise<JsonObject> {
    return this.#readJson(`${toAgentPath(agent)}?limit=${limit}`)
  }

  /** A page of the tool calls that wait for whoever asks. */
  readApprovals(after: number): Promise<JsonObject> {
    return this.#readJson(`/approvals?limit=200&after=${after}`)
  }

  /** A page of what workflows ask whoever asks for it. */
  readQuestions(after: number): Promise<JsonObject> {
    return this.#readJson(`/workflows/questions?limit=200&after=${after}`)
  }

  /** What the caller has spent of what they may. */
  readBalance(): Promise<JsonObject> {
    return this.#readJson('/allowance')
  }

  async readSession(address: SessionAddress, before?: number): Promise<JsonObject | undefined> {
    const query = before === undefined ? '' : `&before=${before}`
    try {
      return await this.#readJson(`${toSessionPath(address)}?limit=60&runs=true&scheduled=true${query}`)
    } catch (error) {
      if (error instanceof RequestError && error.code === 'not_found') return undefined
      throw error
    }
  }

  async sendMessage({ agent, session, run, message, replaces, undoes }: UnsentMessage): Promise<void> {
    const references = { replaces, undoes: undoes && { correlationId: undoes } }
    await this.#readText(`${toAgentPath(agent)}/run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': run },
      body: JSON.stringify({ message, sessionId: session, ...references, waitForResponse: false }),
    })
  }

  async followRun(
    address: RunAddress,
    after: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<RunRecord>> {
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (after >= 0) headers['last-event-id'] = String(after)
    const stop = new AbortController()
    const path = `${toRunPath(address)}/events?times=true`
    const timer = setTimeout(() => stop.abort(), silenceMs)
    const response = await this.#fetch(path, {
      headers,
      signal: AbortSignal.any([signal, stop.signal]),
    }).finally(() => clearTimeout(timer))
    if (response.body === null) throw createBrokenError()
    return readStream(response.body, () => stop.abort())
  }

  async cancelRun(address: RunAddress): Promise<void> {
    await this.#readText(`${toRunPath(address)}/cancel`, { method: 'POST' })
  }

  async decide(address: SessionAddress, approvalId: string, verdict: Verdict): Promise<void> {
    await this.#readText(toApprovalPath(address, approvalId), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(verdict),
    })
  }

  async answer(question: QuestionAddress, answer: JsonValue): Promise<void> {
    await this.#readText(toQuestionPath(question), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
    })
  }

  async resetSession(address: SessionAddress): Promise<void> {
    await this.#readText(`${toSessionPath(address)}/reset`, { method: 'POST' })
  }

  async deleteSession(address: SessionAddress): Promise<void> {
    await this.#readText(toSessionPath(address), { method: 'DELETE' })
  }

  async #readJson(path: string): Promise<JsonObject> {
    const body = parseJson(await this.#readText(path, {}))
    if (isJsonObject(body)) return body
    throw new RequestError({
      message: 'What answers here is no app of this library.',
      status: 200,
      retryable: false,
    })
  }

  async #readText(path: string, init: RequestInit): Promise<string> {
    const response = await this.#fetch(path, { ...init, signal: AbortSignal.timeout(requestLimitMs) })
    return response.text().catch(() => {
      throw createBrokenError()
    })
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    while (true) {
      const { url, key, askForKey } = this.#options
      const used = key.value
      const headers = { ...init.headers, ...(used === undefined ? {} : { 'x-functions-key': used }) }
      const response = await ask(`${url}${path}`, { ...init, headers })
      if (response.ok) return response
      const wait = response.headers.get('retry-after')
      const body = await response.text().catch(() => '')
      const failure = toRequestError(response.status, body, wait === null ? undefined : Number(wait))
      if (!isLockedOut(failure) || !(await askForKey(used))) throw failure
    }
  }
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual', cache: 'no-store' }).catch(() => {
    throw createBrokenError()
  })
  if (response.type !== 'opaqueredirect') return response
  // Security: whoever guards the app sends to its sign-in page; no key and no message follows.
  const message = 'You are no longer signed in: reload the page.'
  throw new RequestError({ message, status: 401, retryable: false })
}
