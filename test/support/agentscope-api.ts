import type { AgentScopeEvent, ResponseEvent } from '../../src/http/protocols/agentscope/agentscope-events.js'
import { type Reply, readReply } from './api.js'
import { EventReader } from './sse.js'

/** What may come back as JSON: a response, or what is wrong with the request. */
export type ResponseReply = Reply<
  Omit<ResponseEvent, 'error' | 'sequence_number'> & {
    readonly sequence_number: number
    readonly error: {
      readonly code: string
      readonly message: string
      readonly issues?: readonly { readonly path: string }[]
    } | null
  }
>

type HeaderMap = Readonly<Record<string, string>>

/** What a client of AgentScope Runtime does. */
export class AgentScopeApi {
  readonly #url: string
  readonly #headers: HeaderMap

  /** `url`: where the host listens, without `/api`. */
  constructor(url: string, headers: HeaderMap = {}) {
    this.#url = `${url}/api/process`
    this.#headers = headers
  }

  /** The same routes, called by a signed-in user. */
  as(user: string): AgentScopeApi {
    return new AgentScopeApi(this.#url.replace(/\/api\/process$/, ''), { 'x-user': user })
  }

  /** Posts a message, or a whole body, and follows the response. */
  async stream(body: string | object, headers: HeaderMap = {}): Promise<EventReader> {
    return new EventReader(await this.#post('', toBody(body), headers))
  }

  /** Posts a message that is answered whole. */
  async ask(body: string | object, headers: HeaderMap = {}): Promise<ResponseReply> {
    return this.post({ stream: false, ...toBody(body) }, headers)
  }

  /** Posts anything; the answer is JSON. */
  async post(body: unknown, headers: HeaderMap = {}): Promise<ResponseReply> {
    return readReply(await this.#post('', body, headers))
  }

  /** Follows a response. */
  async follow(id: string, query = '', headers: HeaderMap = {}): Promise<EventReader> {
    return new EventReader(await this.#fetch(`/${encodeURIComponent(id)}${query}`, { headers }))
  }

  /** Reads a response as it stands. */
  async read(id: string, query = ''): Promise<ResponseReply> {
    return readReply(await this.#fetch(`/${encodeURIComponent(id)}?stream=false${query}`))
  }

  async stop(id: string, query = ''): Promise<ResponseReply> {
    return readReply(await this.#fetch(`/${encodeURIComponent(id)}/stop${query}`, { method: 'POST' }))
  }

  #post(path: string, body: unknown, headers: HeaderMap): Promise<Response> {
    return this.#fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  }

  #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#url}${path}`, { ...init, headers: { ...this.#headers, ...init.headers } })
  }
}

function toBody(body: string | object): object {
  return typeof body === 'string' ? { input: [userSays(body)] } : body
}

/** A message of the user. */
export function userSays(text: string): object {
  return { role: 'user', content: [{ type: 'text', text }] }
}

/** The id of what a response asks a human. */
export function toQuestion({ output }: ResponseReply['body']): string {
  const content = output?.at(-1)?.content?.[0]
  return content?.type === 'data' ? (content.data.id ?? '') : ''
}

/** A human's answer to that. */
export function decides(id: string, approve: boolean, reason?: string): object {
  const data = { approval_request_id: id, approve, reason }
  return { role: 'user', type: 'mcp_approval_response', content: [{ type: 'data', data }] }
}

/** What a stream has told, in AgentScope's words. */
export function toEvents({
  events,
}: {
  readonly events: readonly { readonly data: unknown }[]
}): readonly AgentScopeEvent[] {
  return events.map(({ data }) => data as AgentScopeEvent)
}

/** What the response said, from its last event. */
export function toAnswer(events: readonly AgentScopeEvent[]): string {
  const response = events.at(-1)
  return response?.object === 'response' ? toText(response) : ''
}

/** The text of a response's messages. */
export function toText({ output }: Pick<ResponseEvent, 'output'>): string {
  const contents = (output ?? []).flatMap(({ type, content }) => (type === 'message' ? (content ?? []) : []))
  return contents.map((content) => (content.type === 'text' ? content.text : '')).join('')
}
